import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Network
import Telemetry
import Transport
import Upstream

/// All that is needed to fly a flight, whoever asked for it.
struct Flying {
    let flight: Flight
    let cabin: Cabin
    let quest: Quest
    let cache: BucketCache
    /// The fields of the request that it began with.
    let fields: FieldBlock
    let id: RequestID
    let deadline: NIODeadline
    /// What of the object is wanted; nil for all of it.
    var slice: SliceQuestion? = nil
}

extension Journey {
    /// Asks the origin, tells all who wait what came, and lets a task bring the body. What comes back is for the caller
    /// alone.
    func fly(_ flying: Flying) async -> OriginResponse? {
        let (flight, quest, cache) = (flying.flight, flying.quest, flying.cache)
        // Somebody may have stored it between our look-up and this flight.
        if quest.stale == nil, case .found(let response, _) = cache.tiers.findAtOnce(quest.key),
            response.head.kind == .object, response.head.freshness.isFresh(at: wallClock()),
            flying.slice?.isAnswered(by: response.head) ?? true
        {
            return settle(flying, .stored(response, isConfirmed: false))
        }
        let requestTime = wallClock()
        do throws(Fault) {
            let response = try await ask(flying, validators: quest.stale?.validators)
            guard response.head.status == 304 else { return await receive(response, flying, requestTime) }
            guard let stale = quest.stale else { throw Fault(.originInvalid, detail: "304 without a condition") }
            guard
                let head = stale.head.freshened(
                    by: response.head, rules: cache.rules, requestTime: requestTime, responseTime: wallClock())
            else { return await receive(try await ask(flying, validators: nil), flying, requestTime) }
            metrics.revalidated(.unchanged)
            let renewed = StoredResponse(head, stale.body)
            await cache.tiers.freshen(renewed, for: quest.key, flight.ticket, on: loop)
            return settle(flying, .stored(renewed, isConfirmed: true))
        } catch {
            return await failed(error, flying)
        }
    }

    /// Renews a stale response while it is still served (RFC 5861 §3); one fetch at a time, whoever asks.
    func refresh(_ quest: Quest, _ cache: BucketCache, for request: Request, slice: SliceQuestion? = nil) {
        guard refreshes < corridor.maxRefreshes, request.head.isGet else { return }
        let (flight, cabin) = board(quest, cache, isShared: true)
        guard let cabin else { return flight.leave() }
        flight.keep()
        refreshes += 1
        let flying = Flying(
            flight: flight, cabin: cabin, quest: quest, cache: cache, fields: request.head.fields,
            id: loop.makeRequestID(), deadline: loop.moment + (request.deadline - request.received), slice: slice)
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let (journey, job) = (self, flying)
        Task.immediate(executorPreference: loop.executor) {
            unsafe await journey.fly(job)?.cancel()
            unsafe job.flight.leave()
            unsafe journey.refreshes -= 1
        }
    }

    private func ask(_ flying: Flying, validators: ByteBuffer?) async throws(Fault) -> OriginResponse {
        try await corridor.buckets[flying.quest.object.bucket].origin.fetch(
            flying.quest.object.question(
                isHead: false, id: flying.id, lines: flying.slice.map { $0.lines(validators) } ?? validators),
            deadline: flying.deadline, cancellation: flying.cabin.cancellation)
    }

    /// The origin gave no object: what was stored may cover for that, or nobody has it.
    private func failed(_ fault: Fault, _ flying: Flying) async -> OriginResponse? {
        let (quest, cache, ticket) = (flying.quest, flying.cache, flying.flight.ticket)
        if quest.stale != nil { metrics.revalidated(fault.code == .notFound ? .changed : .failed) }
        if let stale = quest.stale, fault.code.blame == .origin,
            stale.head.freshness.mayServeOnError(at: wallClock())
        {
            return settle(flying, .stored(stale, isConfirmed: false))
        }
        if fault.code == .notFound {
            if quest.stale != nil { await cache.tiers.remove(quest.key, on: loop) }
            if cache.negativeLifetime > 0, fault.originCode != "NoSuchBucket" {
                let absent = StoredResponse(StoredHead(.missing, for: cache.negativeLifetime, at: wallClock()), .none)
                await cache.tiers.store(absent, for: quest.base, ticket, on: loop)
            }
        }
        return settle(flying, .failed(fault))
    }

    /// An object came: for all who wait, and for the tiers, if it is not for one client alone.
    private func receive(
        _ response: OriginResponse, _ flying: Flying, _ requestTime: Int64
    ) async -> OriginResponse? {
        let (quest, cache, flight) = (flying.quest, flying.cache, flying.flight)
        if quest.stale != nil { metrics.revalidated(.changed) }
        if let slice = flying.slice {
            await receive(response, slice, flying, requestTime)
            return nil
        }
        guard response.head.status == 200, !response.head.hasContentRange else {
            let status = response.head.status
            response.cancel()
            return settle(
                flying,
                .failed(
                    Fault(
                        .originInvalid, detail: "a partial answer to a request for the whole", originStatus: status)))
        }
        let storable = Storable(
            response.head, rules: cache.rules, requestTime: requestTime, responseTime: wallClock())
        guard case .storable = storable.storability else {
            if quest.stale != nil { await cache.tiers.remove(quest.key, on: loop) }
            let mark = StoredResponse(StoredHead(.unstorable, for: Self.unstorableFor, at: wallClock()), .none)
            cache.tiers.note(mark, for: quest.base, flight.ticket)
            _ = settle(flying, .dispersed)
            return response
        }
        begin(Filling(response, storable, flying, mark: loop.randomWord()), storable)
        return nil
    }

    /// The body is on its way.
    func begin(_ filling: Filling, _ storable: Storable) {
        filling.flight.arrive(.flowing(storable.head, variant: filling.variant, isStored: filling.isToBeStored))
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let (journey, job) = (self, filling)
        Task.immediate(executorPreference: loop.executor) { unsafe await journey.fill(job) }
    }

    /// How long it is remembered that a response is for one client alone, in milliseconds.
    static var unstorableFor: Int64 { 60_000 }

    /// Ends a flight without a body.
    func settle(_ flying: Flying, _ arrival: Flight.Arrival) -> OriginResponse? {
        flying.flight.arrive(arrival)
        flying.cache.tiers.flights.remove(flying.flight)
        flying.cache.tiers.ledger.giveBack(flying.flight.ticket)
        return nil
    }
}

extension StoredHead {
    /// Something small that is remembered for `lifetime` milliseconds.
    init(_ kind: Kind, for lifetime: Int64, at now: Int64) {
        self.init(
            kind: kind, status: kind == .missing ? 404 : 200, lines: ByteBuffer(), length: 0,
            freshness: Freshness(
                storedAt: now, initialAge: 0, lifetime: lifetime, staleWhileRevalidate: 0, staleIfError: 0,
                mustRevalidate: true))
    }
}
