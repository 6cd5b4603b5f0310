import Admission
import Exchange
import NIOCore
import Network
import Resilience
import Settings

extension Method {
    static let served: StaticString = "GET, HEAD, OPTIONS"
}

extension Journey {
    /// May this request enter? Rates, methods and sizes (LIM-1, HTTP-2, HTTP-6).
    func admit(_ request: Request) throws(Fault) {
        if request.isDraining { throw Fault(.shuttingDown) }
        if request.client.isOverLimit {
            metrics.connectionLimitReached()
            throw Fault(.overloaded, detail: "too many connections")
        }
        do throws(AdmissionFailure) {
            if request.client.isTrusted { _ = try forwarded.address(in: request.head.fields) }
            try rateLimits?.admit(request.client.ip, now: loop.moment)
        } catch {
            throw refusal(of: error, bucket: nil)
        }
        switch request.head.method {
        case .get, .head, .options: break
        case .post, .put, .delete, .patch, .connect, .trace, .other:
            guard AdminPath.isMeant(by: request.head) else { throw Fault(.methodNotAllowed) }
        }
        if case .length(let length) = request.head.framing, length > Int64(corridor.limits.maxBodySize) {
            throw Fault(.payloadTooLarge)
        }
        if !request.head.expectsContinue, request.head.fields.contains(.expect) {
            throw Fault(.expectationFailed)
        }
    }

    /// Takes a place among the concurrent requests, which is given back when the journey ends (HTTP-6).
    func enter(_ trip: inout Trip) throws(Fault) {
        guard corridor.gate.tryEnter() else {
            metrics.concurrencyLimitReached()
            throw Fault(.overloaded)
        }
        trip.isCounted = true
    }

    /// A body that a read-only server has no use for is read to its end, so that a broken one is refused and not
    /// answered. Whoever sends it slowly holds no place meanwhile.
    func discard(_ body: any BodySource) async throws(Fault) {
        while try await body.next() != nil {}
    }
}
