import Admission
import Exchange
import HTTPSemantics
import NIOCore
import Network
import Resilience
import Settings
import Telemetry
import Upstream

/// The corridor: one request's way from the door to the rooms and back. One instance for each event loop and listener.
///
/// The order below is the order of the folders. A stage goes on, or throws the `Fault` that becomes the answer;
/// whatever happens, the request is delivered one answer and recorded once. Stages run one after the other without a
/// task as long as none has to wait; the first that must leaves a `Pause`, from which a task goes on.
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
    /// Milliseconds since the epoch.
    let wallClock: @Sendable () -> Int64
    /// Stale responses that are being renewed in the background.
    var refreshes = 0

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
        wallClock = corridor.wallClock
        rejectsSQLLikePaths = corridor.limits.rejectsSQLLikePaths
    }

    /// The stages as far as they go without a wait; the proxy's own paths pass by all but the last.
    package func respondAtOnce(to request: Request, through writer: any ResponseWriter) -> Bool {
        if request.client.isTrusted { identify(request) }
        var trip = Trip(request)
        metrics.began()
        var answer: Answer
        if let own = desk.answer(request) {
            answer = own
        } else {
            switch attempt(request, &trip, { trip throws(Fault) in try begin(request, &trip) }) {
            case .answer(let ready) where ready.isShort: answer = ready
            case .answer(let long):
                request.carried = Carried(trip, .delivery(long))
                return false
            case .wait(let pause):
                request.carried = Carried(trip, pause)
                return false
            }
        }
        deliverAtOnce(&answer, to: request, &trip, through: writer)
        finish(trip, request, writer)
        return true
    }

    /// The rest of the way, from where the first look had to stop.
    package func respond(to request: Request, through writer: any ResponseWriter) async {
        guard let carried = request.carried.take() as? Carried else { return writer.abort() }
        var trip = carried.trip
        var step = Step.wait(carried.pause)
        while case .wait(let pause) = step {
            do throws(Fault) {
                step = try await pass(pause, request, &trip)
            } catch {
                step = .answer(refusal(error, of: request, &trip))
            }
        }
        if case .answer(var answer) = step { await deliver(&answer, to: request, &trip, through: writer) }
        finish(trip, request, writer)
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

    private func begin(_ request: Request, _ trip: inout Trip) throws(Fault) -> Step {
        try admit(request)
        if request.body != nil { return .wait(.ownBody) }
        return try enterAndRoute(request, &trip)
    }

    private func enterAndRoute(_ request: Request, _ trip: inout Trip) throws(Fault) -> Step {
        try enter(&trip)
        switch try route(request, &trip) {
        case .options(let bucket): return .answer(preflight(request, bucket))
        case .admin: return .wait(.administration)
        case .object(let object):
            if let pause = try permit(request, to: object, &trip) { return .wait(pause) }
            return try lookUp(object, for: request, &trip)
        }
    }

    /// Waits where the request stands, and goes on from there.
    private func pass(_ pause: consuming Pause, _ request: Request, _ trip: inout Trip) async throws(Fault) -> Step {
        switch pause {
        case .ownBody:
            if let body = request.body { try await discard(body) }
            return try enterAndRoute(request, &trip)
        case .administration: return .answer(try await administer(request, &trip))
        case .permission(let question):
            try await permit(request, question, &trip)
            return try lookUp(question.object, for: request, &trip)
        case .tiers(let quest): return try await lookUp(quest, for: request, &trip)
        case .origin(let object): return .answer(try await fetch(object, for: request, &trip))
        case .flight(let quest): return .answer(try await fly(quest, for: request, &trip))
        case .slices(let quest, let grid, let specs): return try await slice(quest, grid, specs, for: request, &trip)
        case .delivery(let answer): return .answer(answer)
        }
    }

    private func finish(_ trip: borrowing Trip, _ request: Request, _ writer: any ResponseWriter) {
        if trip.isCounted { corridor.gate.leave() }
        record(trip, request, bytes: writer.bodyBytesSent)
        metrics.ended()
    }

    private func attempt(
        _ request: Request, _ trip: inout Trip, _ stages: (inout Trip) throws(Fault) -> Step
    ) -> Step {
        do throws(Fault) {
            return try stages(&trip)
        } catch {
            return .answer(refusal(error, of: request, &trip))
        }
    }

    private func refusal(_ fault: Fault, of request: Request, _ trip: inout Trip) -> Answer {
        trip.fault = fault
        return ErrorBody.answer(
            to: fault, id: request.id, allow: fault.code == .methodNotAllowed ? Method.served : nil)
    }
}

/// What a stage without a wait comes to.
enum Step {
    case answer(Answer)
    case wait(Pause)
}

/// Where a request waits, and with what it goes on.
enum Pause {
    case ownBody
    case administration
    case permission(Permission)
    case tiers(Quest)
    case origin(ObjectAddress)
    case flight(Quest)
    case slices(Quest, SliceGrid, [ByteRange.Spec])
    case delivery(Answer)
}

/// A request between its first look and its task.
private final class Carried: RequestProgress {
    let trip: Trip
    let pause: Pause

    init(_ trip: consuming Trip, _ pause: consuming Pause) {
        self.trip = trip
        self.pause = pause
    }
}
