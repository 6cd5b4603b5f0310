import NIOConcurrencyHelpers
import Resilience
import Testing

/// REP-3, CACHE-3: when a peer that fails is left alone, and when it is tried again.
@Suite("CircuitBreaker")
struct CircuitBreakerTests {
    private static let rules = CircuitBreaker.Rules(
        failureThreshold: 3, successThreshold: 2, openDuration: .nanoseconds(100), halfOpenMax: 2)

    private var breaker = CircuitBreaker(Self.rules)

    private mutating func call(_ outcome: CircuitBreaker.Outcome, at now: Int64) -> Bool {
        guard let admission = breaker.admit(now: now) else { return false }
        breaker.ended(admission, outcome, now: now)
        return true
    }

    private mutating func open(at now: Int64 = 0) {
        for _ in 0..<3 { _ = call(.failure, at: now) }
    }

    @Test("Failures in a row open it; a success between begins anew, and what is unknown does not count")
    mutating func opens() {
        for outcome: CircuitBreaker.Outcome in [.failure, .failure, .success, .failure, .unknown, .failure] {
            #expect(call(outcome, at: 0))
        }
        #expect(breaker.state == .closed)
        #expect(call(.failure, at: 0))
        #expect(breaker.state == .open)
        let refused = call(.success, at: 99)
        #expect(!refused)
        #expect(breaker.wait(now: 40) == .nanoseconds(60))
        #expect(breaker.wait(now: 400) == .zero)
    }

    @Test("After its time a few may try; enough successes close it")
    mutating func closes() {
        open()
        let first = breaker.admit(now: 100)
        #expect(breaker.state == .halfOpen)
        let second = breaker.admit(now: 100)
        #expect(first != nil && second != nil)
        #expect(breaker.admit(now: 100) == nil)
        if let first { breaker.ended(first, .success, now: 101) }
        #expect(breaker.state == .halfOpen)
        if let second { breaker.ended(second, .success, now: 102) }
        #expect(breaker.state == .closed)
        // The failures of before are forgotten.
        #expect(call(.failure, at: 103) && call(.failure, at: 103))
        #expect(breaker.state == .closed)
    }

    @Test("One failure opens it again, for its whole time")
    mutating func reopens() {
        open()
        #expect(call(.success, at: 150))
        #expect(call(.failure, at: 160))
        #expect(breaker.state == .open)
        let early = call(.success, at: 259)
        #expect(!early)
        #expect(call(.success, at: 260))
    }

    @Test("A probe that tells nothing gives its place back")
    mutating func unknownProbe() {
        open()
        for _ in 0..<5 { #expect(call(.unknown, at: 100)) }
        #expect(breaker.state == .halfOpen)
    }

    @Test("An outcome of an earlier period counts for nothing")
    mutating func lateOutcomes() {
        let early = (0..<6).compactMap { _ in breaker.admit(now: 0) }
        for admission in early.prefix(3) { breaker.ended(admission, .failure, now: 1) }
        #expect(breaker.state == .open)
        breaker.ended(early[3], .success, now: 2)
        #expect(breaker.state == .open)
        let probe = breaker.admit(now: 200)
        breaker.ended(early[4], .failure, now: 201)
        #expect(breaker.state == .halfOpen)
        breaker.ended(early[5], .success, now: 201)
        if let probe { breaker.ended(probe, .success, now: 202) }
        #expect(breaker.state == .halfOpen)
    }

    @Test("Times at the end of the clock do not overflow, and numbers below one count as one")
    func extremes() {
        var breaker = CircuitBreaker(
            .init(failureThreshold: 0, successThreshold: -1, openDuration: .seconds(Int64.max), halfOpenMax: 0))
        if let admission = breaker.admit(now: .max) { breaker.ended(admission, .failure, now: .max) }
        #expect(breaker.state == .open)
        #expect(breaker.admit(now: .max - 1) == nil)
        #expect(breaker.admit(now: .max) != nil)
    }

    @Test("Shared by threads: never more probes than allowed, and every change is told once")
    func shared() async {
        let seen = NIOLockedValueBox<[CircuitBreaker.State]>([])
        let breaker = SharedCircuitBreaker(Self.rules) { state in seen.withLockedValue { $0.append(state) } }
        for _ in 0..<3 {
            if let admission = breaker.admit(now: 0) { breaker.ended(admission, .failure, now: 0) }
        }
        #expect(breaker.state == .open)
        #expect(breaker.wait(now: 0) == .nanoseconds(100))
        let admitted = await withTaskGroup(of: [CircuitBreaker.Admission].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1_000).compactMap { _ in breaker.admit(now: 100) } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(admitted.count == 2)
        for admission in admitted { breaker.ended(admission, .success, now: 101) }
        #expect(seen.withLockedValue { $0 } == [.open, .halfOpen, .closed])
    }
}
