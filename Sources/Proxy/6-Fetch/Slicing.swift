import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Network

/// One client's way through the slices of an object: each is looked up, or fetched together with all who want it
/// (CACHE-10). Bound to its loop.
///
/// The first slice that is met pins tag and length; what does not agree with them counts as not stored, and is asked
/// for with If-Match.
final class Slicing {
    /// What became of the search for one slice.
    enum Finding {
        case stored(StoredResponse)
        /// It comes; the reader's place in its flight is taken.
        case flowing(Flight, StoredHead)
        /// The object is another one than the pin says.
        case changed
        /// The object is not to be had, or not to be kept, in slices.
        case apart
    }

    /// Slices that are found before the answer begins, and held until their turn.
    private static var heldAtMost: Int { 8 }
    /// Flights for one slice that end in what others wanted of it.
    private static var flightsAtMost: Int { 3 }

    let grid: SliceGrid
    let request: Request
    private let journey: Journey
    private let quest: Quest
    private let cache: BucketCache
    private let loop: LoopContext
    private let isStoredOnly: Bool
    private(set) var pin: StoredHead?
    /// Where the pin was met.
    private var pinKeys: [CacheKey] = []
    private var held: [Int64: StoredResponse] = [:]
    /// What the cache did so far.
    private(set) var record = SliceRecord()
    /// The answer's head is out: each further slice has as much time as the first one.
    private var hasBegun = false

    init(_ journey: Journey, _ quest: Quest, _ cache: BucketCache, _ grid: SliceGrid, _ request: Request) {
        self.journey = journey
        self.quest = quest
        self.cache = cache
        self.grid = grid
        self.request = request
        loop = journey.loop
        isStoredOnly =
            request.head.fields.contains(.cacheControl) && journey.wantsStoredOnly(request.head.fields)
    }

    /// Finds the slice at `start`; before there is a pin it sets one.
    func find(_ start: Int64) async throws(Fault) -> Finding {
        let key = key(start)
        let question = SliceQuestion(grid: grid, start: start, pin: pin)
        let found = await look(start)
        if let found, isMark(found.response.head) { return .apart }
        guard let (response, layer) = found, question.isAnswered(by: response.head) else {
            return try await fetch(key, question, stale: nil)
        }
        let freshness = response.head.freshness
        let now = journey.wallClock()
        if !freshness.isFresh(at: now) {
            guard freshness.mayServeWhileRevalidating(at: now) else {
                return try await fetch(key, question, stale: response)
            }
            journey.refresh(
                slot(key, stale: response), cache, for: request,
                slice: SliceQuestion(grid: grid, start: start, pin: nil))
        }
        record.stored(response, layer)
        fix(response.head, key)
        return .stored(response)
    }

    /// Forgets the version that was pinned, where it was met: it is no more.
    func forget() async {
        for key in pinKeys { await cache.tiers.remove(key, on: loop) }
        pin = nil
        pinKeys = []
        held = [:]
        record = SliceRecord()
    }

    /// Looks whether all these slices are stored, before the answer's head says so. Slower tiers are asked for a few of
    /// them only.
    func lookAhead(_ starts: [Int64]?) async throws(Fault) {
        guard record.isStored else { return }
        guard let starts else { return record.missed() }
        for start in starts {
            guard let (response, layer) = await look(start, isWaitedFor: held.count < Self.heldAtMost),
                SliceQuestion(grid: grid, start: start, pin: pin).isAnswered(by: response.head),
                response.head.freshness.mayServeWhileRevalidating(at: journey.wallClock())
            else {
                if isStoredOnly { throw Fault(.notStored) }
                return record.missed()
            }
            if held.count < Self.heldAtMost { held[start] = response }
            record.stored(response, layer)
        }
    }

    /// A range of the object from its first byte on, of which `finding` is the slice.
    func source(_ range: ByteRange, first finding: Finding? = nil) -> SliceSource {
        SliceSource(self, range.positions, first: finding.flatMap { source(of: $0, range.positions) })
    }

    /// The bytes of `range` that are in the slice where it begins, or what else brings them. Beyond the answer's head
    /// there is no other version to go on with.
    func open(_ range: Range<Int64>) async throws(Fault) -> (any BodySource, Range<Int64>) {
        hasBegun = true
        let finding = try await find(grid.start(of: range.lowerBound))
        if let source = source(of: finding, range) { return source }
        if case .apart = finding, let pin {
            return (try await rest(pin, range), range)
        }
        await forget()
        throw Fault(.originInvalid, detail: "the object changed between two slices")
    }

    private func source(of finding: Finding, _ range: Range<Int64>) -> (any BodySource, Range<Int64>)? {
        let start = grid.start(of: range.lowerBound)
        let part = range.lowerBound..<min(range.upperBound, start + grid.size)
        let inner = part.lowerBound - start..<part.upperBound - start
        switch finding {
        case .stored(let response): return (StoredSource(response.body, range: inner, loop: loop), part)
        case .flowing(let flight, let head):
            let reader = FlightReader(flight, range: inner, cancellation: request.cancellation, loop: loop) {
                [self] position throws(Fault) in try await rest(head, start + position..<part.upperBound)
            }
            return (reader, part)
        case .changed, .apart: return nil
        }
    }

    private func rest(_ head: StoredHead, _ range: Range<Int64>) async throws(Fault) -> any BodySource {
        try await Errand(quest.object, request, origin: journey.corridor.buckets[quest.object.bucket].origin)
            .rest(of: head, from: range.lowerBound, to: range.upperBound)
    }
}

extension Slicing {
    private func key(_ start: Int64) -> CacheKey { quest.base.slice(UInt64(start)) }

    /// The search for what is stored under the key of a slice.
    private func slot(_ key: CacheKey, stale: StoredResponse?) -> Quest {
        var slot = quest
        slot.key = key
        slot.stale = stale
        return slot
    }

    private func look(_ start: Int64, isWaitedFor: Bool = true) async -> (response: StoredResponse, layer: Int)? {
        if let response = held.removeValue(forKey: start) { return (response, 0) }
        return await journey.look(key(start), cache, isWaitedFor: isWaitedFor)
    }

    /// Whether it says that the object is not to be kept in slices.
    private func isMark(_ head: StoredHead) -> Bool {
        guard case .unstorable = head.kind else { return false }
        return head.freshness.isFresh(at: journey.wallClock())
    }

    private func fix(_ head: StoredHead, _ key: CacheKey) {
        guard pin == nil else { return }
        pin = head
        pinKeys.append(key)
    }

    private func fetch(
        _ key: CacheKey, _ question: SliceQuestion, stale: StoredResponse?
    ) async throws(Fault) -> Finding {
        var question = question
        if pin == nil, stale == nil, question.start > 0 {
            // Whoever asked for another slice before has most likely asked for the first one, too.
            guard let hint = await firstSlice(question.start) else { return .apart }
            question = hint
        }
        if isStoredOnly { throw Fault(.notStored) }
        for attempt in 1...Self.flightsAtMost {
            let isShared = cache.coalesces && attempt < Self.flightsAtMost
            let (flight, cabin) = journey.board(slot(key, stale: stale), cache, isShared: isShared)
            let arrival = try await arrival(flight, cabin, question, stale)
            if let finding = try await land(arrival, flight, isOurs: cabin != nil, question, wasStale: stale != nil) {
                return finding
            }
        }
        return pin == nil ? .apart : .changed
    }

    /// The question with what the object's first slice pins; nil where that says that there are none.
    private func firstSlice(_ start: Int64) async -> SliceQuestion? {
        let first = SliceQuestion(grid: grid, start: 0, pin: nil)
        if let (response, _) = await look(0) {
            if isMark(response.head) { return nil }
            if first.isAnswered(by: response.head), response.head.freshness.isFresh(at: journey.wallClock()) {
                fix(response.head, key(0))
            }
        }
        return SliceQuestion(grid: grid, start: start, pin: pin)
    }

    /// Flies what is ours to fly, and waits for what comes of it.
    private func arrival(
        _ flight: Flight, _ cabin: Cabin?, _ question: SliceQuestion, _ stale: StoredResponse?
    ) async throws(Fault) -> Flight.Arrival {
        if let cabin {
            let leaver = Leaver(flight, request.cancellation)
            let deadline = hasBegun ? .now() + (request.deadline - request.received) : request.deadline
            _ = await journey.fly(
                Flying(
                    flight: flight, cabin: cabin, quest: slot(flight.key, stale: stale), cache: cache,
                    fields: request.head.fields, id: request.id, deadline: deadline, slice: question))
            if leaver.hasLeft { throw Journey.clientLeft }
            leaver.disarm()
        }
        guard let arrival = await flight.arrival(request.cancellation) else {
            flight.leave()
            throw Journey.clientLeft
        }
        return arrival
    }

    /// What a flight came to for this client; nil when it was about another version, for which somebody else asked.
    private func land(
        _ arrival: Flight.Arrival, _ flight: Flight, isOurs: Bool, _ question: SliceQuestion, wasStale: Bool
    ) async throws(Fault) -> Finding? {
        switch arrival {
        case .stored(let response, let isConfirmed):
            flight.leave()
            guard question.isAnswered(by: response.head) else { return isOurs ? .changed : nil }
            record.stored(response, 0, isConfirmed: isConfirmed)
            fix(response.head, flight.key)
            return .stored(response)
        case .flowing(let head, _, let isStored):
            guard question.isAnswered(by: head) else {
                flight.keepAndLeave()
                return isOurs ? .changed : nil
            }
            record.fetched(isStored: isStored, isCollapsed: !isOurs, wasStale: wasStale)
            fix(head, flight.key)
            if cache.waitsForComplete, !isOurs { await flight.ending(request.cancellation) }
            return .flowing(flight, head)
        case .failed(let fault):
            flight.leave()
            return try await failed(fault, isOurs: isOurs)
        case .dispersed:
            flight.leave()
            return .apart
        }
    }

    /// What a refusal says of the pinned version: that it is no more, where a byte of it was asked for.
    private func failed(_ fault: Fault, isOurs: Bool) async throws(Fault) -> Finding? {
        switch fault.code {
        case .preconditionFailed, .rangeNotSatisfiable:
            if pin != nil { return isOurs ? .changed : nil }
            if case .preconditionFailed = fault.code, !isOurs { return nil }
        case .notFound: if pin != nil { await forget() }
        default: break
        }
        throw fault
    }
}

/// What the cache did for an answer made of slices.
struct SliceRecord {
    /// All slices so far were stored.
    private(set) var isStored = true
    /// That of the stored ones which has the least time left.
    private(set) var oldest: (response: StoredResponse, layer: Int)?
    /// The origin confirmed one of them.
    private(set) var isConfirmed = false
    private(set) var isBeingStored = false
    private(set) var isCollapsed = false
    private(set) var isFetched = false
    /// What was stored is replaced by what was fetched.
    private(set) var wasStale = false

    mutating func missed() { isStored = false }

    mutating func fetched(isStored isBeingStored: Bool, isCollapsed: Bool, wasStale: Bool) {
        isStored = false
        isFetched = true
        self.isBeingStored = isBeingStored
        self.isCollapsed = isCollapsed
        self.wasStale = wasStale
    }

    mutating func stored(_ response: StoredResponse, _ layer: Int, isConfirmed: Bool = false) {
        if isConfirmed { self.isConfirmed = true }
        if let oldest, Self.end(oldest.response) <= Self.end(response) { return }
        oldest = (response, layer)
    }

    /// When its time is over; by the same clock for all.
    private static func end(_ response: StoredResponse) -> Int64 {
        response.head.freshness.remaining(at: response.head.freshness.storedAt) + response.head.freshness.storedAt
    }
}
