import Authorization
import Exchange
import Settings
import Telemetry

extension Journey {
    /// May they? Asks whoever decides for the bucket, before anything is looked up or fetched (AUTHZ-1, AUTHZ-2).
    ///
    /// A decision that is known is there without a wait. No decision is no yes, unless the bucket's `fail_mode` says
    /// so.
    func authorize(
        _ request: Request, to object: borrowing ObjectAddress, _ principal: Principal, _ trip: inout Trip
    ) async throws(Fault) -> AuthOutcomeLabel {
        guard let authorizer = corridor.buckets[object.bucket].authorizer else { return .success }
        trip.decider = authorizer.provider
        let question = AccessQuestion(
            principal: principal, method: request.head.method, path: object.path, keyStart: object.keyStart,
            client: request.client.address)
        switch await authorizer.decide(question) {
        case .allow: return .success
        case .deny(let reason): throw Fault(.policyDenied, detail: reason)
        case .undecidable(let reason): throw Fault(.authorizationUnavailable, detail: reason)
        case .unavailable(let reason):
            guard authorizer.failMode == .open else { throw Fault(.authorizationUnavailable, detail: reason) }
            trip.openReason = reason
            return .passedOpen
        }
    }
}
