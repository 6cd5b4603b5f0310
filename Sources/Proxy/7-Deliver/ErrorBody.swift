import Exchange
import NIOCore

/// The one writer of error answers: JSON of a closed shape, without internals (HTTP-7).
package enum ErrorBody {
    package static func answer(to fault: Fault, id: RequestID, allow: StaticString?) -> Answer {
        let status = fault.code.status
        var head = ResponseHead(status: status)
        head.add("Content-Type", "application/json")
        head.add("Cache-Control", "no-store")
        if status == 401 {
            head.add("WWW-Authenticate", fault.code == .missingToken ? "Bearer" : "Bearer error=\"invalid_token\"")
        }
        if let allow { head.add("Allow", allow) }
        if let length = fault.completeLength { head.add("Content-Range", "bytes */\(length)") }
        if let seconds = fault.retryAfter { head.add("Retry-After", Int64(seconds)) }
        var body = ByteBuffer()
        body.reserveCapacity(256)
        body.writeStaticString("{\"error\":\"")
        body.writeStaticString(fault.code.reason)
        body.writeStaticString("\",\"code\":\"")
        body.writeString(fault.code.rawValue)
        body.writeStaticString("\",\"message\":\"")
        body.writeStaticString(fault.code.message)
        body.writeStaticString("\",\"status\":")
        body.writeDecimal(Int64(status))
        if !fault.originCode.isEmpty {
            body.writeStaticString(",\"s3_code\":\"")
            body.writeString(fault.originCode)
            body.writeStaticString("\"")
        }
        body.writeStaticString(",\"request_id\":\"")
        id.write(to: &body)
        body.writeStaticString("\"}\n")
        return Answer(head, .bytes(body))
    }
}
