import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Network
import S3
import Telemetry
import Transport

extension Journey {
    /// Fetches what is not stored or no longer fresh, together with all who ask for it meanwhile (CACHE-6).
    func fly(_ quest: Quest, for request: Request, _ trip: inout Trip) async throws(Fault) -> Answer {
        guard let cache = corridor.buckets[quest.object.bucket].cache else {
            return try await fetch(quest.object, for: request, &trip)
        }
        var quest = quest
        // The object, and then the variant that its Vary names for this client.
        for _ in 0..<2 {
            let (flight, cabin) = board(quest, cache, isShared: cache.coalesces && !quest.isAlone)
            if let cabin {
                let leaver = Leaver(flight, request.cancellation)
                let errand = Flying(
                    flight: flight, cabin: cabin, quest: quest, cache: cache, fields: request.head.fields,
                    id: request.id, deadline: request.deadline)
                let own = await fly(errand)
                if leaver.hasLeft {
                    own?.cancel()
                    throw Self.clientLeft
                }
                leaver.disarm()
                if let own {
                    flight.leave()
                    return try await answer(alone: own, request, &trip)
                }
            } else {
                trip.cacheNote?.isCollapsed = true
                trip.cacheOutcome = .shared
            }
            if let answer = try await land(flight, &quest, cache, isOurs: cabin != nil, request, &trip) {
                return answer
            }
        }
        return try await fetch(quest.object, for: request, &trip)
    }

    static let clientLeft = Fault(.internal, detail: "the client left")

    /// Takes a place in the flight for what is looked for; with a cabin it is the caller's to fly.
    func board(_ quest: Quest, _ cache: BucketCache, isShared: Bool) -> (Flight, Cabin?) {
        var cabin: Cabin?
        let open = { [loop] in
            let fresh = Cabin()
            cabin = fresh
            let bound = NIOLoopBound(fresh, eventLoop: loop.eventLoop)
            let eventLoop = loop.eventLoop
            return Flight(key: quest.key, ticket: cache.tiers.ledger.take(), window: cache.window) {
                eventLoop.execute { bound.value.cancellation.cancel(.clientLeft) }
            }
        }
        guard isShared else { return (open(), cabin) }
        let flight = cache.tiers.flights.join(quest.key, orOpen: open).flight
        return (flight, cabin)
    }

    /// Makes this client's answer of what the flight came to; nil when another response has to be looked for.
    private func land(
        _ flight: Flight, _ quest: inout Quest, _ cache: BucketCache, isOurs: Bool, _ request: Request,
        _ trip: inout Trip
    ) async throws(Fault) -> Answer? {
        guard let arrival = await flight.arrival(request.cancellation) else {
            flight.leave()
            throw Self.clientLeft
        }
        switch arrival {
        case .stored(let response, let isConfirmed):
            flight.leave()
            return try answer(from: response, isConfirmed, cache, request, &trip)
        case .failed(let fault):
            flight.leave()
            throw fault
        case .dispersed:
            flight.leave()
            quest.isAlone = true
            trip.cacheNote?.isCollapsed = false
            trip.cacheOutcome = .miss
            return nil
        case .flowing(let head, let variant, let isStored):
            if !isOurs, let variant {
                let key = variant.list.key(below: quest.base, for: request.head.fields)
                guard key == variant.key else {
                    flight.leave()
                    quest.reason = .varyMiss
                    quest.list = variant.list
                    quest.key = key
                    return nil
                }
            }
            trip.cacheNote?.forwardStatus = 200
            trip.cacheNote?.isStored = isStored
            trip.originStatus = 200
            if cache.waitsForComplete, !isOurs { try await completion(of: flight, request) }
            if let range = rangeFarAhead(of: flight, head, cache, request) {
                flight.keepAndLeave()
                let errand = Errand(quest.object, request, origin: corridor.buckets[quest.object.bucket].origin)
                return try await errand.single(range, condition: nil)
            }
            return try await answer(from: flight, head, quest.object, request)
        }
    }

    /// An answer from what was stored before: the origin has confirmed it, or failed and is covered for.
    private func answer(
        from response: StoredResponse, _ isConfirmed: Bool, _ cache: BucketCache, _ request: Request,
        _ trip: inout Trip
    ) throws(Fault) -> Answer {
        let now = wallClock()
        hit(response, 0, cache, now, &trip)
        if isConfirmed {
            trip.cacheNote?.forward = .stale
            trip.cacheNote?.forwardStatus = 304
            trip.cacheOutcome = .revalidated
            trip.originStatus = 304
        } else if !response.head.freshness.isFresh(at: now) {
            trip.cacheOutcome = .stale
        }
        return try answer(from: response, to: request, now: now)
    }

    /// Waits for the last byte where followers are to begin behind it.
    private func completion(of flight: Flight, _ request: Request) async throws(Fault) {
        await flight.ending(request.cancellation)
        guard let fault = flight.fault else { return }
        flight.leave()
        throw fault
    }

    /// A range that begins so far behind what came that its client is better off with a request of its own.
    private func rangeFarAhead(
        of flight: Flight, _ head: StoredHead, _ cache: BucketCache, _ request: Request
    ) -> ByteRange.Spec? {
        guard request.head.fields.contains(.range), !request.head.isConditional, head.length >= 0,
            let specs = request.head.applicableRanges(to: head), specs.count == 1,
            case .satisfiable(let ranges) = ByteRange.resolve(specs, length: head.length), let range = ranges.first,
            range.first > flight.length + Int64(cache.window)
        else { return nil }
        return .bounded(first: range.first, last: range.last)
    }

    /// An answer whose body is read while the flight brings it.
    private func answer(
        from flight: Flight, _ head: StoredHead, _ object: ObjectAddress, _ request: Request
    ) async throws(Fault) -> Answer {
        do throws(Fault) {
            if let special = try conditionalAnswer(head, to: request, now: wallClock()) {
                flight.keepAndLeave()
                return special
            }
            if request.head.fields.contains(.range),
                let part = try await partialAnswer(from: flight, head, object, request)
            {
                return part
            }
        } catch {
            flight.keepAndLeave()
            throw error
        }
        let plain = ResponseHead(stored: head)
        let length = head.length
        let source = reader(of: flight, 0..<(length < 0 ? .max : length), head, object, request)
        return Answer(plain, .stream(source, length < 0 ? .unknown : .length(length)))
    }

    /// One range of a body that is on its way; several, when it has come.
    private func partialAnswer(
        from flight: Flight, _ head: StoredHead, _ object: ObjectAddress, _ request: Request
    ) async throws(Fault) -> Answer? {
        guard head.length >= 0, let specs = request.head.applicableRanges(to: head) else { return nil }
        switch ByteRange.resolve(specs, length: head.length) {
        case .unsatisfiable: throw Fault(.rangeNotSatisfiable, completeLength: head.length)
        case .satisfiable(let ranges):
            if ranges.count == 1 {
                let source = reader(of: flight, ranges[0].first..<(ranges[0].last + 1), head, object, request)
                return Answer(ResponseHead(partOf: head, ranges[0]), .stream(source, .length(ranges[0].count)))
            }
            guard flight.isToBeStored else { return nil }
            await flight.ending(request.cancellation)
            guard let body = flight.completeBody() else { return nil }
            flight.leave()
            let loop = loop
            return severalParts(of: head, ranges, boundary: request.id) { index in
                StoredSource(body, range: ranges[index].positions, loop: loop)
            }
        }
    }

    private func reader(
        of flight: Flight, _ range: Range<Int64>, _ head: StoredHead, _ object: ObjectAddress, _ request: Request
    ) -> FlightReader {
        let errand = Errand(object, request, origin: corridor.buckets[object.bucket].origin)
        return FlightReader(flight, range: range, cancellation: request.cancellation, loop: loop) {
            position throws(Fault) in
            try await errand.rest(of: head, from: position, to: range.upperBound)
        }
    }

    /// The answer to the one client for whom a response is.
    private func answer(
        alone response: OriginResponse, _ request: Request, _ trip: inout Trip
    ) async throws(Fault) -> Answer {
        trip.cacheNote?.forwardStatus = response.head.status
        trip.originStatus = response.head.status
        let storable = Storable(
            response.head, rules: FreshnessRules.none, requestTime: wallClock(), responseTime: wallClock())
        do throws(Fault) {
            if let special = try conditionalAnswer(storable.head, to: request, now: wallClock()) {
                response.cancel()
                return special
            }
        } catch {
            response.cancel()
            throw error
        }
        if let ranges = request.head.applicableRanges(to: storable.head), storable.head.length >= 0,
            case .satisfiable(let parts) = ByteRange.resolve(ranges, length: storable.head.length), parts.count == 1
        {
            let source = PartOfSource(response, parts[0])
            return Answer(ResponseHead(partOf: storable.head, parts[0]), .stream(source, .length(parts[0].count)))
        }
        return try Answer(response, isRangeAsked: false)
    }
}

extension FreshnessRules {
    fileprivate static let none = FreshnessRules(
        respectsCacheControl: true, defaultLifetime: 0, staleWhileRevalidate: 0, staleIfError: 0)
}

extension Flight {
    /// A client wants no bytes of it, but the tiers may: what is small is brought to its end for them.
    func keepAndLeave() {
        if isToBeStored, isHeld { keep() }
        leave()
    }
}

extension Errand {
    /// The bytes of one version of an object from a position on.
    func rest(of head: StoredHead, from position: Int64, to end: Int64) async throws(Fault) -> any BodySource {
        guard !head.etag.isEmpty else { throw Fault(.originInvalid, detail: "a reader fell behind, without an ETag") }
        var lines = ByteBuffer()
        let spec: ByteRange.Spec = end == .max ? .from(position) : .bounded(first: position, last: end - 1)
        spec.writeLine(to: &lines)
        RangePlan.Condition.tag(FieldLines(head.lines).slice(head.etag)).writeLine(to: &lines)
        let response = try await ask(
            isHead: false, lines, deadline: .now() + (request.deadline - request.received))
        guard let field = response.head.fields.value(.contentRange),
            case .part(let part, complete: _)? = ContentRange(field.readableBytesUInt8Span), part.first == position
        else {
            response.cancel()
            throw Fault(.originInvalid, detail: "not the rest that was asked for", originStatus: response.head.status)
        }
        return response
    }
}

/// What the one who flies has for himself: the means to give up. Bound to its loop.
final class Cabin {
    let cancellation = Cancellation()
}

/// Takes the one who flies out of the count of readers when his client leaves: others may still want the rest.
final class Leaver: CancellationListener {
    private let flight: Flight
    private let cancellation: Cancellation
    private(set) var hasLeft = false

    init(_ flight: Flight, _ cancellation: Cancellation) {
        self.flight = flight
        self.cancellation = cancellation
        if cancellation.isCancelled { cancelled() } else { cancellation.listener = self }
    }

    func cancelled() {
        guard !hasLeft else { return }
        hasLeft = true
        flight.leave()
    }

    func disarm() { cancellation.listener = nil }
}

/// A range of a body that comes whole. Bound to its loop.
private final class PartOfSource: BodySource {
    private let source: any BodySource
    private var skipped: Int64
    private var left: Int64

    init(_ source: any BodySource, _ range: ByteRange) {
        self.source = source
        skipped = range.first
        left = range.count
    }

    func takeAvailable() -> AvailableBody { left > 0 ? .unknown : .end }

    func next() async throws(Fault) -> ByteBuffer? {
        while left > 0, var chunk = try await source.next() {
            let unwanted = Int(min(skipped, Int64(chunk.readableBytes)))
            chunk.moveReaderIndex(forwardBy: unwanted)
            skipped -= Int64(unwanted)
            guard let part = chunk.readSlice(length: Int(min(left, Int64(chunk.readableBytes)))), part.readableBytes > 0
            else { continue }
            left -= Int64(part.readableBytes)
            if left == 0 { source.cancel() }
            return part
        }
        return nil
    }

    func cancel() {
        left = 0
        source.cancel()
    }
}
