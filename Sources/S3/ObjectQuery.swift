import NIOCore

/// Why a client's query cannot be passed on. Every case is answered with 400.
package enum QueryFailure: Error, Equatable, Sendable {
    /// `%` without two hexadecimal digits behind it, in a parameter that would be passed on.
    case badEscape
    /// A control character in a value that would be passed on.
    case controlCharacter
    /// A parameter that would be passed on is there twice.
    case repeated

    /// What is wrong, for the log.
    package var explanation: String {
        switch self {
        case .badEscape: "the query has a percent sign without two hexadecimal digits"
        case .controlCharacter: "the query has a control character"
        case .repeated: "the query has a parameter twice"
        }
    }
}

/// The query parameters of a client that reach the origin: `versionId`, and where the bucket allows it the six
/// `response-*` overrides of GetObject (S3-3).
///
/// All others are dropped; what is kept is decoded once and encoded anew, so that the origin reads what was checked.
/// The encoded form also serves as a part of the cache key.
package struct ObjectQuery: Sendable, Equatable {
    /// In the order of their encoded names, which is the order of signing.
    package enum Name: UInt8, Sendable, CaseIterable {
        case cacheControl, contentDisposition, contentEncoding, contentLanguage, contentType, expires, versionID

        package var text: StaticString {
            switch self {
            case .cacheControl: "response-cache-control"
            case .contentDisposition: "response-content-disposition"
            case .contentEncoding: "response-content-encoding"
            case .contentLanguage: "response-content-language"
            case .contentType: "response-content-type"
            case .expires: "response-expires"
            case .versionID: "versionId"
            }
        }
    }

    package struct Parameter: Sendable, Equatable {
        package let name: Name
        /// Decoded, never empty.
        package let value: [UInt8]
    }

    /// Sorted by name, each at most once.
    package let parameters: [Parameter]

    package static let none = ObjectQuery(sorted: [])

    package var isEmpty: Bool { parameters.isEmpty }

    private init(sorted parameters: [Parameter]) {
        self.parameters = parameters
    }

    /// Picks from `raw`, the target's query without `?`. `+` means a space, as S3 reads it; a parameter without a value
    /// counts as absent.
    package static func parse(_ raw: Span<UInt8>, allowsOverrides: Bool) throws(QueryFailure) -> ObjectQuery {
        var found: [Parameter] = []
        var start = 0
        while start < raw.count {
            var end = start
            var equals = -1
            while end < raw.count, raw[end] != UInt8(ascii: "&") {
                if raw[end] == UInt8(ascii: "="), equals < 0 { equals = end }
                end += 1
            }
            if equals > start, let name = name(raw.extracting(start..<equals)),
                name == .versionID || allowsOverrides, equals + 1 < end
            {
                let value = try value(raw.extracting((equals + 1)..<end))
                guard !found.contains(where: { $0.name == name }) else { throw .repeated }
                found.append(Parameter(name: name, value: value))
            }
            start = end + 1
        }
        if found.count > 1 { found.sort { $0.name.rawValue < $1.name.rawValue } }
        return found.isEmpty ? none : ObjectQuery(sorted: found)
    }

    /// Appends `name=value&name=value`, encoded and sorted as it is sent and signed; nothing without a parameter.
    package func write(to out: inout ByteBuffer) {
        out.writeWithOutputRawSpan(minimumWritableBytes: longestEncoding) { write(to: &$0) }
    }

    /// The encoded form by itself.
    package var encoded: [UInt8] {
        var out = ByteBuffer()
        write(to: &out)
        return Array(out.readableBytesView)
    }

    /// The same into room for `longestEncoding` bytes.
    func write(to out: inout OutputRawSpan) {
        var isFirst = true
        for parameter in parameters {
            if !isFirst { out.append(UInt8(ascii: "&")) }
            isFirst = false
            out.append(parameter.name.text)
            out.append(UInt8(ascii: "="))
            out.append(percentEncoded: parameter.value.span, keepsSlash: false)
        }
    }

    /// What `write` appends is at most so long.
    var longestEncoding: Int {
        parameters.reduce(0) { $0 + $1.name.text.utf8CodeUnitCount + 3 * $1.value.count + 2 }
    }

    private static func value(_ raw: Span<UInt8>) throws(QueryFailure) -> [UInt8] {
        guard let value = PercentEncoding.decoded(raw, plusIsSpace: true) else { throw .badEscape }
        for byte in value where byte < 0x20 || byte == 0x7f { throw .controlCharacter }
        return value
    }

    /// Names may be percent-encoded too; one that cannot be decoded is none of ours.
    private static func name(_ raw: Span<UInt8>) -> Name? {
        var isEncoded = false
        for index in raw.indices where raw[index] == UInt8(ascii: "%") { isEncoded = true }
        if isEncoded {
            guard let decoded = PercentEncoding.decoded(raw, plusIsSpace: true) else { return nil }
            return plainName(decoded.span)
        }
        return plainName(raw)
    }

    private static func plainName(_ raw: Span<UInt8>) -> Name? {
        for name in Name.allCases where raw.equals(name.text) { return name }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are exactly `text`.
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for index in 0..<text.count where unsafe self[index] != text[index] { return false }
            return true
        }
    }
}
