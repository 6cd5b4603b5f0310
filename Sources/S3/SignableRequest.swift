import NIOCore

/// A request as Signature Version 4 sees it: everything decoded, nothing sent yet.
///
/// The general form, for requests that are rare (lists, uploads) and for verifying; object requests have their own way,
/// `ObjectRequestEncoder`.
package struct SignableRequest: Sendable {
    package struct Parameter: Sendable, Equatable {
        package var name: [UInt8]
        package var value: [UInt8]

        package init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }

        package init(_ name: String, _ value: String) {
            self.init(name: Array(name.utf8), value: Array(value.utf8))
        }
    }

    package struct Field: Sendable, Equatable {
        /// In lower case.
        package var name: String
        package var value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }

        package init(_ name: String, _ value: String) {
            self.init(name, Array(value.utf8))
        }
    }

    package static let emptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    package var method: String
    /// Decoded, with its leading `/`.
    package var path: [UInt8]
    package var query: [Parameter]
    /// All of them are signed.
    package var fields: [Field]
    /// The value of x-amz-content-sha256.
    package var payloadHash: String

    package init(
        method: String, path: [UInt8], query: [Parameter] = [], fields: [Field] = [],
        payloadHash: String = SignableRequest.emptyPayloadHash
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.payloadHash = payloadHash
    }

    /// `host;x-amz-date`, sorted.
    package var signedNames: String {
        Set(fields.map(\.name)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ";")
    }

    /// Appends the path and, if there is one, `?` and the query, encoded as they are signed.
    package func writeTarget(to out: inout ByteBuffer) {
        out.writePercentEncoded(path.span, keepsSlash: true)
        guard !query.isEmpty else { return }
        out.writeStaticString("?")
        writeQuery(to: &out)
    }

    /// Appends the canonical request ("Create a canonical request" in the AWS documentation).
    func writeCanonicalForm(to out: inout ByteBuffer) {
        out.writeString(method)
        out.writeStaticString("\n")
        out.writePercentEncoded(path.span, keepsSlash: true)
        out.writeStaticString("\n")
        writeQuery(to: &out)
        out.writeStaticString("\n")
        let names = signedNames
        for name in names.split(separator: ";") {
            out.writeString(String(name))
            var separator: StaticString = ":"
            for field in fields where field.name == name {
                out.writeStaticString(separator)
                out.writeCollapsed(field.value)
                separator = ","
            }
            out.writeStaticString("\n")
        }
        out.writeStaticString("\n")
        out.writeString(names)
        out.writeStaticString("\n")
        out.writeString(payloadHash)
    }

    /// Name and value encoded, then sorted by encoded name, then by encoded value.
    private func writeQuery(to out: inout ByteBuffer) {
        let encoded = query.map { parameter in
            (name: Self.encoded(parameter.name), value: Self.encoded(parameter.value))
        }
        let sorted = encoded.sorted { one, other in
            one.name == other.name
                ? one.value.lexicographicallyPrecedes(other.value) : one.name.lexicographicallyPrecedes(other.name)
        }
        for (index, parameter) in sorted.enumerated() {
            if index > 0 { out.writeStaticString("&") }
            out.writeBytes(parameter.name)
            out.writeStaticString("=")
            out.writeBytes(parameter.value)
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var out = ByteBuffer()
        out.writePercentEncoded(bytes.span, keepsSlash: false)
        return Array(out.readableBytesView)
    }
}

extension ByteBuffer {
    /// Appends a field's value without white space at its ends and with single spaces inside.
    fileprivate mutating func writeCollapsed(_ value: [UInt8]) {
        var isFirst = true
        for word in value.split(whereSeparator: { $0 == 0x20 || (0x09...0x0d).contains($0) }) {
            if !isFirst { writeStaticString(" ") }
            writeBytes(word)
            isFirst = false
        }
    }
}
