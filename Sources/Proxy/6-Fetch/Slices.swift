import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Telemetry

extension Journey {
    /// Versions of the object that are met before the answer begins.
    private static var versionsAtMost: Int { 4 }
    /// Slices that are looked for before the answer begins.
    private static var lookAheadAtMost: Int { 1_024 }

    /// Ranges out of slices that are stored one by one (CACHE-10): of the whole object, if that is stored; past the
    /// cache, if it is not to be kept in slices.
    ///
    /// A response with Vary is not sliced: each of its slices would have to be one of many variants.
    func slice(
        _ quest: Quest, _ grid: SliceGrid, _ specs: [ByteRange.Spec], for request: Request, _ trip: inout Trip
    ) async throws(Fault) -> Step {
        guard let cache = corridor.buckets[quest.object.bucket].cache else { return .wait(.origin(quest.object)) }
        trip.cacheNote = CacheNote(isHit: false, forward: .uriMiss)
        trip.cacheOutcome = .miss
        let start = grid.first(of: specs)
        switch await whole(quest, cache, unlessStored: SliceQuestion(grid: grid, start: start, pin: nil), request) {
        case .object(let response, let layer):
            let now = wallClock()
            hit(response, layer, cache, now, &trip)
            if case .missing = response.head.kind { throw Fault(.notFound, detail: "remembered", originStatus: 404) }
            return .answer(try answer(from: response, to: request, now: now))
        case .apart: return try pastSlices(quest, request, &trip)
        case .absent: break
        }
        let slicing = Slicing(self, quest, cache, grid, request)
        for _ in 0..<Self.versionsAtMost {
            switch try await attempt(slicing, start, cache, &trip) {
            case .answer(let answer): return .answer(answer)
            case .inapplicable:
                var whole = Quest(quest.object, in: cache)
                return try pursue(&whole, cache, request, &trip)
            case .apart: return try pastSlices(quest, request, &trip)
            case .changed: await slicing.forget()
            }
        }
        return try pastSlices(quest, request, &trip)
    }

    /// What is stored under `key`; slower tiers are asked if that is waited for.
    func look(
        _ key: CacheKey, _ cache: BucketCache, isWaitedFor: Bool = true
    ) async -> (response: StoredResponse, layer: Int)? {
        switch cache.tiers.findAtOnce(key) {
        case .found(let response, let layer): return (response, layer)
        case .missing: return nil
        case .unknown(let place): return isWaitedFor ? await cache.tiers.find(key, from: place, on: loop) : nil
        }
    }
}

/// What is stored of an object as a whole.
private enum WholeFinding {
    /// The fresh object, or that there is none.
    case object(StoredResponse, layer: Int)
    /// It is for one client alone, or one of several variants.
    case apart
    case absent
}

/// What an attempt to answer out of slices comes to.
private enum SliceOutcome {
    case answer(Answer)
    /// The ranges do not apply: the whole object is the answer (RFC 9110 §13.1.5).
    case inapplicable
    case apart
    case changed
}

/// What of an object is the answer.
private enum SliceWeight {
    case bytes([ByteRange])
    case other(SliceOutcome)
}

extension Journey {
    /// Looks for the whole object. Slower tiers are not asked when the slice is at hand.
    private func whole(
        _ quest: Quest, _ cache: BucketCache, unlessStored slice: SliceQuestion, _ request: Request
    ) async -> WholeFinding {
        let now = wallClock()
        var isAtHand = false
        if case .found(let response, _) = cache.tiers.findAtOnce(quest.base.slice(UInt64(slice.start))) {
            isAtHand = slice.isAnswered(by: response.head) && response.head.freshness.isFresh(at: now)
        }
        guard var (response, layer) = await look(quest.base, cache, isWaitedFor: !isAtHand) else { return .absent }
        if case .varies = response.head.kind {
            let key = VariantList(response.head).key(below: quest.base, for: request.head.fields)
            guard let variant = await look(key, cache) else { return .apart }
            (response, layer) = variant
            if !response.head.freshness.isFresh(at: now) { return .apart }
        }
        guard response.head.freshness.isFresh(at: now) else { return .absent }
        switch response.head.kind {
        case .object, .missing: return .object(response, layer: layer)
        case .unstorable, .varies: return .apart
        }
    }

    private func pastSlices(_ quest: Quest, _ request: Request, _ trip: inout Trip) throws(Fault) -> Step {
        if request.head.fields.contains(.cacheControl), wantsStoredOnly(request.head.fields) {
            throw Fault(.notStored)
        }
        return bypass(quest.object, &trip)
    }

    /// Answers with one version of the object, as the slice at `start` tells it.
    private func attempt(
        _ slicing: Slicing, _ start: Int64, _ cache: BucketCache, _ trip: inout Trip
    ) async throws(Fault) -> SliceOutcome {
        let request = slicing.request
        var slice: Slicing.Finding
        do throws(Fault) { slice = try await slicing.find(start) } catch {
            // Where a condition might win over the range, the origin weighs them (RFC 9110 §13.2.2).
            guard case .rangeNotSatisfiable = error.code,
                request.head.isConditional || request.head.fields.contains(.ifRange)
            else { throw error }
            return .apart
        }
        guard let head = slice.head else { return slice.outcome }
        note(slicing.record, cache, &trip)
        let ranges: [ByteRange]
        switch try weigh(slice, head, request) {
        case .bytes(let found): ranges = found
        case .other(let outcome):
            slice.letGo()
            return outcome
        }
        let first = slicing.grid.start(of: ranges[0].first)
        if first != start {
            slice.letGo()
            slice = try await slicing.find(first)
            guard slice.head != nil else { return slice.outcome }
        }
        do throws(Fault) {
            let starts = slicing.grid.slices(of: ranges, limit: Self.lookAheadAtMost)
            try await slicing.lookAhead(starts.map { $0.filter { $0 != first } })
        } catch {
            slice.letGo()
            throw error
        }
        note(slicing.record, cache, &trip)
        return .answer(answer(slicing, ranges, head, first: slice))
    }

    /// What of the object is the answer, now that its head is known: conditions first, then the ranges (RFC 9110
    /// §13.2.2).
    private func weigh(
        _ slice: Slicing.Finding, _ head: StoredHead, _ request: Request
    ) throws(Fault) -> SliceWeight {
        do throws(Fault) {
            if let special = try conditionalAnswer(head, to: request, now: wallClock()) {
                return .other(.answer(special))
            }
        } catch {
            slice.letGo()
            throw error
        }
        guard let specs = request.head.applicableRanges(to: head) else { return .other(.inapplicable) }
        guard case .satisfiable(let ranges) = ByteRange.resolve(specs, length: head.completeLength) else {
            slice.letGo()
            throw Fault(.rangeNotSatisfiable, completeLength: head.completeLength)
        }
        return .bytes(ranges)
    }

    private func answer(
        _ slicing: Slicing, _ ranges: [ByteRange], _ head: StoredHead, first: Slicing.Finding
    ) -> Answer {
        let source = slicing.source(ranges[0], first: first)
        guard ranges.count > 1 else {
            return Answer(ResponseHead(partOf: head, ranges[0]), .stream(source, .length(ranges[0].count)))
        }
        return severalParts(of: head, ranges, boundary: slicing.request.id, first: source) { index in
            slicing.source(ranges[index])
        }
    }

    /// Notes what the cache did: a hit is what comes out of stored slices alone.
    private func note(_ record: SliceRecord, _ cache: BucketCache, _ trip: inout Trip) {
        if record.isStored, let (response, layer) = record.oldest {
            let now = wallClock()
            hit(response, layer, cache, now, &trip)
            if record.isConfirmed {
                trip.cacheNote?.forward = .stale
                trip.cacheNote?.forwardStatus = 304
                trip.cacheOutcome = .revalidated
                trip.originStatus = 304
            } else if !response.head.freshness.isFresh(at: now) {
                trip.cacheOutcome = .stale
            }
            return
        }
        var note = CacheNote(isHit: false, forward: record.wasStale ? .stale : .uriMiss)
        if record.isFetched {
            note.forwardStatus = 206
            trip.originStatus = 206
        }
        note.isStored = record.isBeingStored
        note.isCollapsed = record.isCollapsed
        trip.cacheNote = note
        trip.cacheOutcome = record.isCollapsed ? .shared : .miss
        trip.cacheTier = nil
    }
}

extension Slicing.Finding {
    /// The head of what was found.
    fileprivate var head: StoredHead? {
        switch self {
        case .stored(let response): response.head
        case .flowing(_, let head): head
        case .changed, .apart: nil
        }
    }

    /// What it means that nothing was found.
    fileprivate var outcome: SliceOutcome {
        if case .changed = self { .changed } else { .apart }
    }

    /// Its bytes are not needed, but the tiers want them.
    fileprivate func letGo() {
        if case .flowing(let flight, _) = self { flight.keepAndLeave() }
    }
}
