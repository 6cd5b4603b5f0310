import Authorization
import Exchange
import Settings
import Telemetry

extension Journey {
    /// May they? Asks whoever decides for the bucket, before anything is looked up or fetched (AUTHZ-1, AUTHZ-2).
    ///
    /// No decision is no yes, unless the bucket's `fail_mode` says so.
    func authorize(
        _ request: Request, to object: borrowing ObjectAddress, _ principal: Principal, _ trip: inout Trip
    ) async throws(Fault) -> AuthOutcomeLabel {
        guard let authorizer = corridor.buckets[object.bucket].authorizer else { return .success }
        trip.decider = authorizer.provider
        let decision = await authorizer.decide(AccessQuestion(request, object, principal))
        return try outcome(decision, of: authorizer, &trip)
    }

    /// The same where the decision is known; nil where it is not.
    func authorizeAtOnce(
        _ request: Request, to object: borrowing ObjectAddress, _ principal: Principal, _ trip: inout Trip
    ) throws(Fault) -> AuthOutcomeLabel? {
        guard let authorizer = corridor.buckets[object.bucket].authorizer else { return .success }
        trip.decider = authorizer.provider
        guard let decision = authorizer.knownDecision(AccessQuestion(request, object, principal)) else { return nil }
        return try outcome(decision, of: authorizer, &trip)
    }

    private func outcome(
        _ decision: Decision, of authorizer: any Authorizer, _ trip: inout Trip
    ) throws(Fault) -> AuthOutcomeLabel {
        switch decision {
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

extension AccessQuestion {
    fileprivate init(_ request: Request, _ object: borrowing ObjectAddress, _ principal: Principal) {
        self.init(
            principal: principal, method: request.head.method, path: object.path, keyStart: object.keyStart,
            client: request.client.address)
    }
}
