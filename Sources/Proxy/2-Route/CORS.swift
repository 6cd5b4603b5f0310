import Exchange
import NIOCore
import Settings

/// Which other origins' scripts may read a bucket (WHATWG Fetch §3.2): the fields of preflights and of real answers.
package struct CORS: Sendable {
    private let isOpen: Bool
    private let origins: [[UInt8]]
    private let allowHeaders: String
    private let maxAge: Int64

    init(_ settings: CORSSettings) {
        isOpen = settings.allowOrigins.contains("*")
        origins = settings.allowOrigins.map { Array($0.utf8) }
        let headers =
            settings.allowHeaders.isEmpty ? ["Authorization", "Content-Type", "Range"] : settings.allowHeaders
        allowHeaders = headers.joined(separator: ", ")
        maxAge = settings.maxAge.components.seconds
    }

    /// Appends what a real answer carries.
    func write(to lines: inout ByteBuffer, for fields: FieldBlock) {
        guard !origins.isEmpty else { return }
        if !isOpen { lines.writeStaticString("Vary: Origin\r\n") }
        guard writeOrigin(to: &lines, for: fields) else { return }
        lines.writeStaticString(
            "Access-Control-Expose-Headers: Accept-Ranges, Content-Length, Content-Range, ETag, Last-Modified, X-Request-ID\r\n"
        )
    }

    /// Appends what a preflight answer carries.
    func writePreflight(to lines: inout ByteBuffer, for fields: FieldBlock) {
        if !origins.isEmpty {
            if !isOpen { lines.writeStaticString("Vary: Origin\r\n") }
            _ = writeOrigin(to: &lines, for: fields)
        }
        lines.writeStaticString("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\nAccess-Control-Allow-Headers: ")
        lines.writeString(allowHeaders)
        lines.writeStaticString("\r\nAccess-Control-Max-Age: ")
        lines.writeDecimal(maxAge)
        lines.writeStaticString("\r\n")
    }

    private func writeOrigin(to lines: inout ByteBuffer, for fields: FieldBlock) -> Bool {
        guard let origin = fields.value(.origin) else { return false }
        if isOpen {
            lines.writeStaticString("Access-Control-Allow-Origin: *\r\n")
            return true
        }
        guard origins.contains(where: { origin.readableBytesView.elementsEqual($0) }) else { return false }
        var value = origin
        lines.writeStaticString("Access-Control-Allow-Origin: ")
        lines.writeBuffer(&value)
        lines.writeStaticString("\r\n")
        return true
    }
}

extension Journey {
    /// Answers OPTIONS; no token and no object is needed (HTTP-2).
    func preflight(_ request: Request, _ bucket: Int?) -> Answer {
        var head = ResponseHead(status: 200)
        head.add("Allow", Method.served)
        let cors = bucket.map { corridor.buckets[$0].cors } ?? CORS(CORSSettings())
        cors.writePreflight(to: &head.lines, for: request.head.fields)
        return Answer(head, .bytes(ByteBuffer()))
    }
}
