import Exchange
import NIOCore
import Resilience
import Settings

/// What admission says of a request.
enum Ticket: Equatable {
    /// Counted in the gate, which it must leave.
    case counted
    /// One of the proxy's own paths: served past every limit (LIM-3).
    case own
    case refused(Fault)
}

extension Method {
    static let served: StaticString = "GET, HEAD, OPTIONS"
}

extension Journey {
    /// May this request enter? Methods, sizes and the limit of concurrent requests (HTTP-2, HTTP-6).
    func admit(_ request: Request, _ trip: inout Trip) -> Ticket {
        if desk.owns(request.head.path) { return .own }
        if request.isDraining { return .refused(Fault(.shuttingDown)) }
        if request.isOverLimit {
            metrics.connectionLimitReached()
            return .refused(Fault(.overloaded, detail: "too many connections"))
        }
        switch request.head.method {
        case .get, .head, .options: break
        case .post, .put, .delete, .patch, .connect, .trace, .other: return .refused(Fault(.methodNotAllowed))
        }
        if case .length(let length) = request.head.framing, length > Int64(corridor.limits.maxBodySize) {
            return .refused(Fault(.payloadTooLarge))
        }
        if !request.head.expectsContinue, request.head.fields.contains(.expect) {
            return .refused(Fault(.expectationFailed))
        }
        guard corridor.gate.tryEnter() else {
            metrics.concurrencyLimitReached()
            return .refused(Fault(.overloaded))
        }
        return .counted
    }

    /// A body that a read-only server has no use for is read to its end, so that a broken one is refused and not
    /// answered.
    func discard(_ body: any BodySource) async throws(Fault) {
        while try await body.next() != nil {}
    }
}
