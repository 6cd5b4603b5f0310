import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Telemetry

extension Journey {
    /// Do we have it? Asks the tiers that answer at once; whoever may read the object was settled before (AUTHZ-2).
    func lookUp(_ object: ObjectAddress, for request: Request, _ trip: inout Trip) throws(Fault) -> Step {
        guard let cache = corridor.buckets[object.bucket].cache else { return .wait(.origin(object)) }
        var quest = Quest(object, in: cache)
        if request.head.isGet, request.head.fields.contains(.range) {
            switch cache.ranges {
            case .serve: break
            case .bypass:
                guard case .whole = RangePlan(request.head) else { return bypass(object, &trip) }
            case .slice(let size):
                let specs = RangePlan(request.head).specs
                guard specs.isEmpty else {
                    // Where no tier would take a slice, none is made.
                    guard cache.holds(length: size) || cache.spools(length: size) else {
                        return bypass(object, &trip)
                    }
                    return .wait(.slices(quest, SliceGrid(size: size), specs))
                }
            }
        }
        return try pursue(&quest, cache, request, &trip)
    }

    /// Asks the slower tiers.
    func lookUp(_ quest: Quest, for request: Request, _ trip: inout Trip) async throws(Fault) -> Step {
        guard let cache = corridor.buckets[quest.object.bucket].cache else { return .wait(.origin(quest.object)) }
        var quest = quest
        while true {
            guard let (response, layer) = await cache.tiers.find(quest.key, from: quest.place, on: loop) else {
                return try miss(quest, cache, request, &trip)
            }
            let before = quest.key
            if let step = try meet(response, layer, &quest, cache, request, &trip) { return step }
            guard quest.key != before else { return try miss(quest, cache, request, &trip) }
            quest.place = 0
        }
    }

    func pursue(
        _ quest: inout Quest, _ cache: BucketCache, _ request: Request, _ trip: inout Trip
    ) throws(Fault) -> Step {
        // The object, or the list of its variants and then one of these.
        for _ in 0..<2 {
            switch cache.tiers.findAtOnce(quest.key) {
            case .found(let response, let layer):
                if let step = try meet(response, layer, &quest, cache, request, &trip) { return step }
            case .missing: return try miss(quest, cache, request, &trip)
            case .unknown(let place):
                quest.place = place
                return .wait(.tiers(quest))
            }
        }
        return try miss(quest, cache, request, &trip)
    }

    /// What a stored response means for this request; nil when another one has to be looked for.
    private func meet(
        _ response: StoredResponse, _ layer: Int, _ quest: inout Quest, _ cache: BucketCache, _ request: Request,
        _ trip: inout Trip
    ) throws(Fault) -> Step? {
        let now = wallClock()
        let freshness = response.head.freshness
        switch response.head.kind {
        case .varies:
            let list = VariantList(response.head)
            quest.list = list
            quest.key = list.key(below: quest.base, for: request.head.fields)
            quest.reason = .varyMiss
            return nil
        case .unstorable:
            quest.isAlone = freshness.isFresh(at: now)
            return try miss(quest, cache, request, &trip)
        case .missing:
            guard freshness.isFresh(at: now) else { return try miss(quest, cache, request, &trip) }
            hit(response, layer, cache, now, &trip)
            throw Fault(.notFound, detail: "remembered", originStatus: 404)
        case .object:
            if freshness.isFresh(at: now) {
                hit(response, layer, cache, now, &trip)
                return .answer(try answer(from: response, to: request, now: now))
            }
            quest.stale = response
            guard freshness.mayServeWhileRevalidating(at: now) else {
                return try miss(quest, cache, request, &trip)
            }
            refresh(quest, cache, for: request)
            hit(response, layer, cache, now, &trip)
            trip.cacheOutcome = .stale
            return .answer(try answer(from: response, to: request, now: now))
        }
    }

    private func miss(
        _ quest: Quest, _ cache: BucketCache, _ request: Request, _ trip: inout Trip
    ) throws(Fault) -> Step {
        trip.cacheNote = CacheNote(isHit: false, forward: quest.stale == nil ? quest.reason : .stale)
        trip.cacheOutcome = .miss
        if request.head.fields.contains(.cacheControl), wantsStoredOnly(request.head.fields) {
            throw Fault(.notStored)
        }
        return request.head.isHead ? .wait(.origin(quest.object)) : .wait(.flight(quest))
    }

    func bypass(_ object: ObjectAddress, _ trip: inout Trip) -> Step {
        trip.cacheNote = CacheNote(isHit: false, forward: .bypass)
        trip.cacheOutcome = .bypass
        return .wait(.origin(object))
    }

    /// Notes that a stored response serves this request.
    func hit(_ response: StoredResponse, _ layer: Int, _ cache: BucketCache, _ now: Int64, _ trip: inout Trip) {
        var note = CacheNote(isHit: true, forward: .none)
        note.age = response.head.freshness.ageSeconds(at: now)
        note.timeToLive = response.head.freshness.remaining(at: now) / 1_000
        trip.cacheNote = note
        trip.cacheOutcome = .hit
        trip.cacheTier = cache.tiers.layers[layer].name
    }

    func wantsStoredOnly(_ fields: FieldBlock) -> Bool {
        var control = RequestCacheControl()
        for entry in fields.entries where entry.name == .cacheControl {
            control.read(fields.value(entry).readableBytesUInt8Span)
        }
        return control.onlyIfCached
    }
}
