import Exchange
import HTTPSemantics
import NIOCore
import S3
import Telemetry
import Transport

/// Reads what came with an origin's error status, bounded, and says what it means (S3-5).
enum OriginError {
    /// The fault behind an answer that is no success. Takes its body.
    static func fault(of response: OriginResponse, deadline: NIODeadline) async -> Fault {
        let head = response.head
        response.bound(until: deadline)
        let bytes = await read(response)
        let body = S3ErrorBody(bytes)
        let region = head.fields.string(.amzBucketRegion)
        let said =
            S3Error.fault(status: head.status, body: body, bucketRegion: region)
            ?? Fault(.originInvalid, detail: "unexpected status \(head.status)")
        var code = ""
        if case .document(let error) = body, S3ErrorLabel(rawValue: error.code) != nil { code = error.code }
        return Fault(
            said.code, detail: said.detail, retryAfter: said.retryAfter, originStatus: head.status, originCode: code,
            completeLength: completeLength(head))
    }

    private static func read(_ body: OriginResponse) async -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try? await body.next() {
            bytes += chunk.readableBytesView
            if bytes.count > S3Error.bodyLimit {
                body.cancel()
                break
            }
        }
        return bytes
    }

    private static func completeLength(_ head: OriginHead) -> Int64? {
        guard head.status == 416, let field = head.fields.value(.contentRange),
            case .unsatisfied(let length)? = ContentRange(field.readableBytesUInt8Span)
        else { return nil }
        return length
    }
}
