import Exchange
import NIOCore

extension AccessRecord {
    /// The longest that the values of one field may become in a line, in bytes.
    enum Limit {
        static let path = 2_048
        static let query = 1_024
        static let name = 256
        static let agent = 1_024
        static let detail = 512
    }

    /// Room for any line: all limits, key names, numbers and quotes together stay below it.
    static let longestLine = 12_288

    /// Appends one line to `out`, which must hold `longestLine` spare bytes.
    func write(
        to out: inout OutputRawSpan, _ timestamp: inout Timestamp, at time: WallTime, _ head: borrowing RequestHead,
        client: RawSpan, key: RawSpan, _ format: LogFormat
    ) {
        out.beginLine(&timestamp, time, level, format) { $0.write("request") }
        out.field("request_id", requestID, format)
        writeTarget(of: head, to: &out, format)
        out.field("bucket", bucket, limit: Limit.name, format)
        if key.byteCount > 0 { out.field("key", key, limit: Limit.path, format) }
        out.field("status", Int64(status), format)
        out.field("duration_ms", milliseconds: duration.nanoseconds, format)
        if let timeToFirstByte { out.field("ttfb_ms", milliseconds: timeToFirstByte.nanoseconds, format) }
        out.field("bytes", bytesSent, format)
        out.field("client_ip", client, limit: Limit.name, format)
        writeOutcome(to: &out, format)
        let fields = head.fields.bytes.readableBytesSpan
        if let referer = head.fields.first(.referer) {
            out.field("referer", url: fields.extracting(referer.value), limit: Limit.agent, format)
        }
        if let agent = head.fields.first(.userAgent) {
            out.field("user_agent", fields.extracting(agent.value), limit: Limit.agent, format)
        }
        out.endLine(format)
    }

    private func writeTarget(of head: borrowing RequestHead, to out: inout OutputRawSpan, _ format: LogFormat) {
        if let name = head.method.constantName {
            out.field("method", constant: name, format)
        } else {
            let token = head.methodToken ?? ByteBuffer()
            out.field("method", token.readableBytesSpan, limit: Limit.name, format)
        }
        let target = head.path.readableBytesSpan
        let end = target.offset(of: UInt8(ascii: "?"), from: 0)
        out.field("path", target.extracting(0..<end), limit: Limit.path, format)
        if let query = head.query?.readableBytesSpan { out.field(query: query, limit: Limit.query, format) }
        out.field("protocol", constant: head.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1", format)
    }

    private func writeOutcome(to out: inout OutputRawSpan, _ format: LogFormat) {
        out.field("user", user, limit: Limit.name, format)
        if let auth { out.field("auth", constant: auth, format) }
        if let openReason { out.field("auth_passed_open", openReason, limit: Limit.detail, format) }
        out.field("replica", replica, limit: Limit.name, format)
        if let cache { out.field("cache", constant: cache.name, format) }
        if let cacheTier { out.field("cache_tier", constant: cacheTier, format) }
        if let originStatus { out.field("origin_status", Int64(originStatus), format) }
        if let fault {
            out.field("s3_error_code", fault.originCode, limit: Limit.name, format)
            out.field("error_code", fault.code.rawValue, limit: Limit.name, format)
            out.field("error_detail", fault.detail, limit: Limit.detail, format)
        }
        if hasClientLeft { out.field("client_left", true, format) }
    }
}

extension OutputRawSpan {
    /// A text of the program's, left out when it is empty.
    fileprivate mutating func field(_ name: StaticString, _ text: String, limit: Int, _ format: LogFormat) {
        if !text.isEmpty { unsafe field(name, text.utf8.span.bytes, limit: limit, format) }
    }
}

extension Method {
    /// The name on the wire; nil for a method that is only known by its own bytes.
    fileprivate var constantName: StaticString? {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .options: "OPTIONS"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: nil
        }
    }
}
