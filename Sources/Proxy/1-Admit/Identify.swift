import Admission
import Exchange
import NIOCore

extension Journey {
    /// Who is behind a trusted peer, and what has it called the request (HTTP-7, HTTP-8)? Where that is contradictory
    /// the peer stays the client, and `admit` refuses the request.
    func identify(_ request: Request) {
        let fields = request.head.fields
        if let address = try? forwarded.address(in: fields) {
            request.client = Client(
                address, trusted: corridor.trustedProxies, isOverLimit: request.client.isOverLimit)
        }
        if let id = givenID(fields) { request.id = id }
    }

    /// Nil where the field is missing, no UUID, or given more than once.
    private func givenID(_ fields: FieldBlock) -> RequestID? {
        let given = fields.entries.filter { $0.name == .xRequestID }
        guard given.count == 1 else { return nil }
        return RequestID(fields.bytes.readableBytesUInt8Span.extracting(given[0].value))
    }
}
