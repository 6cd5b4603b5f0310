import Admission
import Exchange
import NIOCore
import Network
import Resilience
import Settings
import Telemetry
import Upstream

/// The corridor: one request's way from the door to the rooms and back. One instance for each event loop and listener.
///
/// The order below is the order of the folders. A stage goes on, or throws the `Fault` that becomes the answer;
/// whatever happens, the request is delivered one answer and recorded once.
package final class Journey: Responder {
    let corridor: Corridor
    let loop: LoopContext
    let metrics: JourneyMetrics
    let desk: any Desk
    let accessLog: AccessLog?
    // Its own constants, for what is reached through another object costs a reference at each call.
    let rateLimits: RateLimits?
    let forwarded: ForwardedClient
    let hasGuardedBuckets: Bool
    let rejectsSQLLikePaths: Bool

    package init(
        corridor: Corridor, loop: LoopContext, metrics: JourneyMetrics, desk: any Desk, accessLog: AccessLog?
    ) {
        self.corridor = corridor
        self.loop = loop
        self.metrics = metrics
        self.desk = desk
        self.accessLog = accessLog
        rateLimits = corridor.rateLimits
        forwarded = ForwardedClient(trusted: corridor.trustedProxies)
        hasGuardedBuckets = corridor.hasGuardedBuckets
        rejectsSQLLikePaths = corridor.limits.rejectsSQLLikePaths
    }

    /// The proxy's own paths, which pass by every stage but the last. Whoever asks is known from here on.
    package func respondAtOnce(to request: Request, through writer: any ResponseWriter) -> Bool {
        if request.client.isTrusted { identify(request) }
        guard var answer = desk.answer(request) else { return false }
        var trip = Trip(request)
        metrics.began()
        answer.head.requestID = request.id
        trip.status = answer.head.status
        trip.headSent = loop.moment
        writer.send(answer.head, body: answer.bytes)
        record(trip, request, bytes: writer.bodyBytesSent)
        metrics.ended()
        return true
    }

    package func respond(to request: Request, through writer: any ResponseWriter) async {
        var trip = Trip(request)
        metrics.began()
        let ticket = admit(request, &trip)
        var answer = await answer(request, &trip, ticket)
        await deliver(&answer, to: request, &trip, through: writer)
        if trip.isCounted { corridor.gate.leave() }
        record(trip, request, bytes: writer.bodyBytesSent)
        metrics.ended()
    }

    package func refuse(_ refusal: Refusal, through writer: any ResponseWriter) {
        var trip = Trip(received: refusal.received)
        trip.fault = refusal.fault
        var answer = ErrorBody.answer(to: refusal.fault, id: refusal.id, allow: nil)
        answer.head.requestID = refusal.id
        trip.status = answer.head.status
        writer.send(answer.head, body: answer.bytes)
        record(trip, refusal, bytes: writer.bodyBytesSent)
    }

    private func answer(_ request: Request, _ trip: inout Trip, _ ticket: Ticket) async -> Answer {
        do throws(Fault) {
            switch ticket {
            case .refused(let fault): throw fault
            case .welcome: break
            }
            if let body = request.body { try await discard(body) }
            try enter(&trip)
            switch try route(request, &trip) {
            case .options(let bucket): return preflight(request, bucket)
            case .admin: return try await administer(request, &trip)
            case .object(let object):
                try await permit(request, to: object, &trip)
                return try await fetch(object, for: request, &trip)
            }
        } catch {
            trip.fault = error
            return ErrorBody.answer(
                to: error, id: request.id, allow: error.code == .methodNotAllowed ? Method.served : nil)
        }
    }

    /// Lets a request pass to its object, or throws.
    private func permit(_ request: Request, to object: borrowing ObjectAddress, _ trip: inout Trip) async throws(Fault)
    {
        let bucket = corridor.buckets[object.bucket]
        guard let authenticator = bucket.authenticator else { return metrics.authBypassed() }
        trip.decider = "jwt"
        do throws(Fault) {
            let principal = try await authenticate(request, by: authenticator, &trip)
            try admit(principal)
            metrics.authenticated(try await authorize(request, to: object, principal, &trip))
        } catch {
            if let outcome = AuthOutcomeLabel(error.code) { metrics.authenticated(outcome) }
            throw error
        }
    }
}
