import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Authorization

@Suite("Decision table")
struct DecisionTableTests {
    private static func key(_ text: String) -> DecisionKey { DecisionKey(Array(text.utf8)) }
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let later = start + .seconds(100)

    @Test("Keys are their bytes, whatever their digest")
    func keys() {
        #expect(Self.key("a") == Self.key("a") && Self.key("a") != Self.key("b") && Self.key("") != Self.key("\u{0}"))
        #expect(Set((0..<1_000).map { Self.key("\($0)") }).count == 1_000)
    }

    @Test("What is in use survives any number of others", arguments: [4, 10, 64, 1_000])
    func inUse(capacity: Int) {
        var kept = KeptDecisions(capacity: capacity)
        kept.keep(.deny(reason: "used"), Self.key("used"), until: Self.later)
        kept.keep(.allow, Self.key("unused"), until: Self.later)
        for number in 0..<(capacity * 5) {
            kept.keep(.allow, Self.key("\(number)"), until: Self.later)
            #expect(kept.find(Self.key("used"), at: Self.start) == .deny(reason: "used"))
            #expect(kept.count <= capacity)
        }
        #expect(kept.find(Self.key("unused"), at: Self.start) == nil)
        #expect(kept.find(Self.key("\(capacity * 5 - 1)"), at: Self.start) == .allow)
    }

    @Test("No capacity is so small that it is exceeded", arguments: [-1, 0, 1, 2, 3])
    func small(capacity: Int) {
        var kept = KeptDecisions(capacity: capacity)
        for number in 0..<10 {
            kept.keep(.allow, Self.key("\(number)"), until: Self.later)
            #expect(kept.find(Self.key("\(number)"), at: Self.start) == .allow)
            #expect(kept.count <= max(1, capacity))
        }
    }

    @Test("A decision holds until its time and not at it, in either generation")
    func ages() {
        for others in [0, 5] {
            var kept = KeptDecisions(capacity: 10)
            kept.keep(.allow, Self.key("a"), until: Self.later)
            for number in 0..<others { kept.keep(.allow, Self.key("\(number)"), until: Self.later + .seconds(1)) }
            #expect(kept.find(Self.key("a"), at: Self.later - .nanoseconds(1)) == .allow)
            #expect(kept.find(Self.key("a"), at: Self.later) == nil)
            #expect(kept.count == others, "what holds no more is forgotten")
        }
    }

    @Test("A new decision takes the place of the old one, in either generation", arguments: [0, 5])
    func replaced(others: Int) {
        var kept = KeptDecisions(capacity: 10)
        kept.keep(.allow, Self.key("a"), until: Self.later)
        for number in 0..<others { kept.keep(.allow, Self.key("\(number)"), until: Self.later) }
        kept.keep(.deny(reason: "no"), Self.key("a"), until: Self.later)
        #expect(kept.find(Self.key("a"), at: Self.start) == .deny(reason: "no") && kept.count == others + 1)
    }

    @Test(
        "One asks, others wait, all learn", arguments: [Decision.allow, .deny(reason: "no"), .unavailable(reason: "x")])
    func flight(decision: Decision) async throws {
        let table = DecisionTable(capacity: 100, allowFor: .seconds(60), denyFor: .seconds(10))
        let key = Self.key("a")
        guard case .ours(let open) = table.find(key, at: Self.start) else {
            Issue.record("nobody asks")
            return
        }
        let followers = (0..<20).map { _ in
            Task {
                guard case .theirs(let open) = table.find(key, at: Self.start) else { return Decision.allow }
                return await open.outcome()
            }
        }
        while open.waiting < 20 { await Task.yield() }
        #expect(table.count == 0)
        table.settle(open, key, decision, at: Self.start)
        for follower in followers { #expect(await follower.value == decision) }
        #expect(await open.outcome() == decision, "who comes late learns it too")
        switch (table.find(key, at: Self.start), decision) {
        case (.known(let known), .allow), (.known(let known), .deny): #expect(known == decision)
        case (.ours, .unavailable): break
        default: Issue.record("\(decision) is not treated so")
        }
    }

    @Test("A table of shards is as large as configured", arguments: [1, 63, 128, 1_000, 5_000])
    func capacity(capacity: Int) {
        let table = DecisionTable(capacity: capacity, allowFor: .seconds(60), denyFor: .seconds(10))
        for number in 0..<(capacity * 3) {
            let key = Self.key("\(number)")
            guard case .ours(let open) = table.find(key, at: Self.start) else { continue }
            table.settle(open, key, .allow, at: Self.start)
        }
        #expect(table.count <= capacity && table.count >= capacity / 3)
    }

    @Test("Threads that find, settle and wait at once all learn what was settled")
    func crossing() async {
        let table = DecisionTable(capacity: 64, allowFor: .nanoseconds(1), denyFor: .zero)
        let asked = NIOLockedValueBox(0)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    for turn in 0..<2_000 {
                        let key = Self.key("\(turn % 7)")
                        let now = Self.start + .nanoseconds(Int64(turn))
                        switch table.find(key, at: now) {
                        case .known(let decision): #expect(decision == .allow)
                        case .theirs(let open): #expect(await open.outcome() == .allow)
                        case .ours(let open):
                            asked.withLockedValue { $0 += 1 }
                            if turn % 3 == 0 { await Task.yield() }
                            table.settle(open, key, .allow, at: now)
                        }
                    }
                }
            }
        }
        #expect(asked.withLockedValue { $0 } > 0)
    }
}
