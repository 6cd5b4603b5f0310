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
        to out: inout OutputRawSpan, _ timestamp: inout Timestamp, at time: WallTime, _ format: LogFormat
    ) {
        out.beginLine(&timestamp, time, .info, format) { $0.write("request") }
        writeRequest(to: &out, format)
        out.field("status", Int64(status), format)
        out.field("duration_ms", milliseconds: duration.nanoseconds, format)
        if let timeToFirstByte { out.field("ttfb_ms", milliseconds: timeToFirstByte.nanoseconds, format) }
        out.field("bytes", bytesSent, format)
        out.field("client_ip", clientAddress.readableBytesSpan, limit: Limit.name, format)
        writeOutcome(to: &out, format)
        out.field("referer", url: referer, limit: Limit.agent, format)
        out.field("user_agent", userAgent, limit: Limit.agent, format)
        out.endLine(format)
    }

    private func writeRequest(to out: inout OutputRawSpan, _ format: LogFormat) {
        out.field("request_id", requestID, format)
        if methodToken == nil {
            out.field("method", constant: method.constantName, format)
        } else {
            out.field("method", methodToken, limit: Limit.name, format)
        }
        let target = path.readableBytesSpan
        let end = target.offset(of: UInt8(ascii: "?"), from: 0)
        out.field("path", target.extracting(0..<end), limit: Limit.path, format)
        out.field(query: query, limit: Limit.query, format)
        out.field("protocol", constant: minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1", format)
        out.field("bucket", bucket, limit: Limit.name, format)
        out.field("key", key, limit: Limit.path, format)
    }

    private func writeOutcome(to out: inout OutputRawSpan, _ format: LogFormat) {
        out.field("replica", replica, limit: Limit.name, format)
        if let cache { out.field("cache", constant: cache, format) }
        if let originStatus { out.field("origin_status", Int64(originStatus), format) }
        out.field("s3_error_code", s3ErrorCode, limit: Limit.name, format)
        if let fault {
            let code = fault.code.rawValue
            unsafe out.field("error_code", code.utf8.span.bytes, limit: Limit.name, format)
            if !fault.detail.isEmpty {
                let detail = fault.detail
                unsafe out.field("error_detail", detail.utf8.span.bytes, limit: Limit.detail, format)
            }
        }
        if hasClientLeft { out.field("client_left", true, format) }
    }
}

extension Method {
    /// The name on the wire, for the encoder.
    fileprivate var constantName: StaticString {
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
        case .other: "OTHER"
        }
    }
}
