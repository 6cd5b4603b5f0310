import Resilience
import Synchronization
import Testing

/// Nanoseconds that a test moves on.
private struct ManualClock {
    var now: Int64 = 5_000_000_000

    mutating func advance(milliseconds: Int64) { now += milliseconds * 1_000_000 }
}

extension RateLimit.Verdict {
    fileprivate var isAllowed: Bool { retryAfter == nil }
}

@Suite("Token buckets")
struct TokenBucketTests {
    static let rates = [(1, 1), (3, 3), (7, 20), (10, 1), (100, 200), (333, 10), (10_000, 10), (100_000, 100_000)]

    @Test("LIM-1: over ten seconds a bucket allows its burst and its rate, within 2 %", arguments: rates)
    func exact(rate: Int, burst: Int) {
        let bucket = SharedTokenBucket(RateLimit(perSecond: rate, burst: burst))
        var clock = ManualClock()
        var allowed = 0
        // Asked more often than it allows, in steps of a millisecond.
        let tries = max(2, rate / 1_000 * 2)
        for _ in 0..<burst { allowed += bucket.take(now: clock.now).isAllowed ? 1 : 0 }
        #expect(allowed == burst, "a whole burst at once")
        #expect(!bucket.take(now: clock.now).isAllowed)
        for _ in 0..<10_000 {
            clock.advance(milliseconds: 1)
            for _ in 0..<tries where bucket.take(now: clock.now).isAllowed { allowed += 1 }
        }
        let expected = Double(burst + rate * 10)
        #expect(abs(Double(allowed) - expected) <= max(1, expected * 0.02), "\(allowed) of \(expected)")
    }

    @Test("LIM-1: in no span of time are more allowed than burst and rate", arguments: [(5, 3), (50, 10)])
    func anySpan(rate: Int, burst: Int) {
        let bucket = SharedTokenBucket(RateLimit(perSecond: rate, burst: burst))
        var clock = ManualClock()
        var state: UInt64 = 11
        var times: [Int64] = []
        for _ in 0..<5_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            clock.now += Int64(state >> 37)
            if bucket.take(now: clock.now).isAllowed { times.append(clock.now) }
        }
        for first in times.indices {
            for last in first..<min(first + 200, times.count) {
                let span = Double(times[last] - times[first]) / 1e9
                #expect(Double(last - first + 1) <= Double(burst) + Double(rate) * span + 0.001)
            }
        }
    }

    @Test(
        "LIM-1: Retry-After is the time until one is allowed, in whole seconds and at least one",
        arguments: [(1, 1, 1), (10, 1, 1), (1_000_000, 1, 1), (1, 5, 1)])
    func retryAfter(rate: Int, burst: Int, seconds: Int) {
        let bucket = SharedTokenBucket(RateLimit(perSecond: rate, burst: burst))
        var clock = ManualClock()
        for _ in 0..<burst { #expect(bucket.take(now: clock.now).isAllowed) }
        #expect(bucket.take(now: clock.now).retryAfter == seconds)
        clock.advance(milliseconds: Int64(seconds) * 1_000)
        #expect(bucket.take(now: clock.now).isAllowed)
    }

    @Test("LIM-1: a long wait is told in seconds, rounded up")
    func longWait() {
        #expect(RateLimit.Verdict.refused(wait: 1).retryAfter == 1)
        #expect(RateLimit.Verdict.refused(wait: 1_000_000_000).retryAfter == 1)
        #expect(RateLimit.Verdict.refused(wait: 1_000_000_001).retryAfter == 2)
        #expect(RateLimit.Verdict.allowed(fullAt: 1).retryAfter == nil)
    }

    @Test("LIM-1: a refusal takes nothing, and a clock that lags takes nothing back")
    func refusals() {
        let bucket = SharedTokenBucket(RateLimit(perSecond: 10, burst: 1))
        var clock = ManualClock()
        #expect(bucket.take(now: clock.now).isAllowed)
        for _ in 0..<1_000 { #expect(!bucket.take(now: clock.now).isAllowed) }
        #expect(!bucket.take(now: clock.now - 1_000_000).isAllowed)
        clock.advance(milliseconds: 100)
        #expect(bucket.take(now: clock.now).isAllowed)
    }

    @Test("LIM-1: absurd numbers are taken as the nearest possible ones", arguments: [Int.min, -1, 0, Int.max])
    func absurd(number: Int) {
        let bucket = SharedTokenBucket(RateLimit(perSecond: number, burst: number))
        #expect(bucket.take(now: 0).isAllowed)
        #expect(SharedTokenBucket(RateLimit(perSecond: 1, burst: number)).take(now: 0).isAllowed)
    }

    @Test("LIM-1: many threads together get no more than one would")
    func contention() async {
        let bucket = SharedTokenBucket(RateLimit(perSecond: 1, burst: 1_000))
        let table = TokenBucketTable(RateLimit(perSecond: 1, burst: 1_000), capacity: 1_000)
        let (ofBucket, ofTable) = (Total(), Total())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        if bucket.take(now: 1).isAllowed { ofBucket.count.add(1, ordering: .relaxed) }
                        if table.take(77, now: 1).isAllowed { ofTable.count.add(1, ordering: .relaxed) }
                    }
                }
            }
        }
        #expect(ofBucket.count.load(ordering: .relaxed) == 1_000)
        #expect(ofTable.count.load(ordering: .relaxed) == 1_000)
    }

    @Test("LIM-1: each client has a bucket of its own, as exact as one for all")
    func clients() {
        let table = TokenBucketTable(RateLimit(perSecond: 10, burst: 20), capacity: 1_000)
        var clock = ManualClock()
        var allowed = [Int](repeating: 0, count: 50)
        for _ in 0..<1_000 {
            for client in allowed.indices {
                for _ in 0..<3 where table.take(mix(client), now: clock.now).isAllowed { allowed[client] += 1 }
            }
            clock.advance(milliseconds: 10)
        }
        #expect(allowed.allSatisfy { abs($0 - 120) <= 2 })
    }

    @Test("LIM-1: a million different clients keep the table bounded, and who goes on asking is not forgotten")
    func bounded() {
        let table = TokenBucketTable(RateLimit(perSecond: 1, burst: 5), capacity: 10_000)
        var clock = ManualClock()
        var allowed = 0
        for client in 0..<1_000_000 {
            _ = table.take(mix(client), now: clock.now)
            if client.isMultiple(of: 1_000) {
                #expect(table.count <= 10_000)
                clock.advance(milliseconds: 1)
                if table.take(0xfeed_face_cafe_beef, now: clock.now).isAllowed { allowed += 1 }
            }
        }
        #expect(table.count <= 10_000 && table.count > 4_000)
        #expect(allowed == 5, "a second of a flood gives nobody a fresh bucket")
    }

    @Test("LIM-1: the smallest tables hold", arguments: [0, 1, 2, 31, 64])
    func small(capacity: Int) {
        let table = TokenBucketTable(RateLimit(perSecond: 1, burst: 1), capacity: capacity)
        for client in 0..<10_000 { _ = table.take(mix(client), now: 1) }
        #expect(table.count <= max(32, capacity))
    }

    /// Spreads numbers as a hash would (splitmix64).
    private func mix(_ number: Int) -> UInt64 {
        var word = UInt64(number) &+ 0x9e37_79b9_7f4a_7c15
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

private final class Total: Sendable {
    let count = Atomic(0)
}
