import Glibc
import S3

/// Sends bytes as they are over a socket of its own and reads the answer until the server closes.
enum WireClient {
    struct Answer {
        var status: Int
        var head: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The code of an error document.
        var code: String {
            guard let start = text.firstRange(of: "<Code>"), let end = text.firstRange(of: "</Code>") else { return "" }
            return String(text[start.upperBound..<end.lowerBound])
        }
    }

    /// A request with `Connection: close`; `fields` are whole lines.
    static func ask(
        _ method: String, _ target: String, port: Int, fields: [String] = [], body: String = ""
    ) throws -> Answer {
        let lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + fields
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        return try exchange((lines + length).joined(separator: "\r\n") + "\r\n\r\n" + body, port: port)
    }

    /// The same, signed. `path` is what the target's path decodes to.
    static func askSigned(
        _ method: String, _ target: String, path: [UInt8], port: Int, as credentials: Credentials, body: String = ""
    ) throws -> Answer {
        var request = SignableRequest(
            method: method, path: path, fields: [.init("host", "127.0.0.1:\(port)")],
            payloadHash: SignableRequest.unsignedPayload)
        RequestSigner(region: "us-east-1").sign(&request, as: credentials, time: Int64(time(nil)))
        let fields = request.fields.dropFirst().map { "\($0.name): \(String(decoding: $0.value, as: UTF8.self))" }
        return try ask(method, target, port: port, fields: Array(fields), body: body)
    }

    static func exchange(_ text: String, port: Int) throws -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Setback(description: "socket: \(errno)") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            let generic = unsafe UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
            return unsafe connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard connected == 0 else { throw Setback(description: "connect: \(errno)") }
        let request = Array(text.utf8)
        guard unsafe send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Setback(description: "send: \(errno)")
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 262_144)
        while true {
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            guard count >= 0 else { throw Setback(description: "recv: \(errno)") }
            if count == 0 { break }
            answer += chunk.prefix(count)
        }
        return try parse(answer)
    }

    private static func parse(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw Setback(description: "no answer: \(bytes.count) bytes")
        }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        guard let status = Int(head.dropFirst(9).prefix(3)) else { throw Setback(description: head) }
        return Answer(status: status, head: head, body: Array(bytes[end.upperBound...]))
    }
}
