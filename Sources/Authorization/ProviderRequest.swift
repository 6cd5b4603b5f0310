import Exchange
import NIOCore
import Settings

/// The head of every question to one provider, encoded once; a question adds its length and its body.
struct ProviderRequest {
    private var start = ByteBuffer()

    /// `target` stands in a URL as it is; `token` holds visible ASCII only.
    init(_ place: EndpointURL, target: String, token: String? = nil) {
        let host = place.host.contains(":") ? "[\(place.host)]" : place.host
        let port = place.port.map { ":\($0)" } ?? ""
        start.writeString("POST \(target) HTTP/1.1\r\nHost: \(host)\(port)\r\n")
        if let token { start.writeString("Authorization: Bearer \(token)\r\n") }
        start.writeStaticString("Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: ")
    }

    /// The whole request.
    func with(_ body: ByteBuffer) -> ByteBuffer {
        var out = start
        var body = body
        out.reserveCapacity(start.readableBytes + 24 + body.readableBytes)
        out.writeDecimal(Int64(body.readableBytes))
        out.writeStaticString("\r\n\r\n")
        out.writeBuffer(&body)
        return out
    }
}
