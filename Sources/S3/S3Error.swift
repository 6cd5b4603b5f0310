/// What an S3 error document says, read from an origin's body.
package struct S3Error: Sendable, Equatable {
    /// `NoSuchKey`, `AccessDenied`, …; letters, digits, `.`, `_` and `-` only.
    package var code: String
    /// For logs; may hold anything.
    package var message: String
    /// The region the bucket lives in, where the origin names it.
    package var region: String?
    /// The host that a redirect asks for.
    package var endpoint: String?

    package init(code: String, message: String = "", region: String? = nil, endpoint: String? = nil) {
        self.code = code
        self.message = message
        self.region = region
        self.endpoint = endpoint
    }
}

/// Why a body is no S3 error document.
package enum S3ErrorFailure: Error, Equatable, Sendable {
    case xml(XMLFailure)
    /// Well-formed, but its root is not `Error`, or there is no usable `Code`.
    case notAnError
}

extension S3Error {
    /// The most bytes of an error body that are worth reading.
    package static let bodyLimit = 65_536
    private static let textLimit = 1_024

    /// Reads an error document: `<Error><Code>…</Code><Message>…</Message>…</Error>`, in any namespace, also inside an
    /// `ErrorResponse`. Longer texts are cut at 1,024 bytes.
    package static func parse(_ body: [UInt8]) throws(S3ErrorFailure) -> S3Error {
        let error: S3Error?
        do throws(XMLFailure) {
            var reader = try XMLReader(body, sizeLimit: bodyLimit)
            error = try read(&reader)
        } catch {
            throw .xml(error)
        }
        guard let error else { throw .notAnError }
        return error
    }

    private static func read(_ reader: inout XMLReader) throws(XMLFailure) -> S3Error? {
        var path: [String] = []
        var fields: [String: [UInt8]] = [:]
        reading: while true {
            switch try reader.next() {
            case .start(let name): path.append(name)
            case .end: path.removeLast()
            case .finished: break reading
            case .text(let text):
                guard let name = fieldName(path) else { continue }
                let room = textLimit - (fields[name]?.count ?? 0)
                fields[name, default: []] += text.prefix(max(0, room))
            }
        }
        let texts = fields.mapValues { text($0) }
        guard let code = texts["Code"], isCode(code) else { return nil }
        return S3Error(
            code: code, message: texts["Message"] ?? "", region: texts["Region"], endpoint: texts["Endpoint"])
    }

    private static func fieldName(_ path: [String]) -> String? {
        let inner = path.first == "ErrorResponse" ? path.dropFirst() : path[...]
        guard inner.count == 2, inner.first == "Error", let name = inner.last,
            ["Code", "Message", "Region", "Endpoint"].contains(name)
        else { return nil }
        return name
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }

    private static func isCode(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && text.utf8.allSatisfy(\.isUnreserved)
    }
}
