import Resilience
import Synchronization
import Testing

@Suite("ConcurrencyGate")
struct ConcurrencyGateTests {
    @Test("HTTP-6: as many as the limit enter, and one more for each that leaves", arguments: [1, 2, 7])
    func bounds(limit: Int) {
        let gate = ConcurrencyGate(limit: limit)
        for entered in 1...limit {
            #expect(gate.tryEnter())
            #expect(gate.inUse == entered)
        }
        #expect(!gate.tryEnter())
        #expect(gate.inUse == limit)
        gate.leave()
        #expect(gate.inUse == limit - 1)
        #expect(gate.tryEnter())
        #expect(!gate.tryEnter())
    }

    @Test("A limit of zero or less lets nobody in", arguments: [0, -1, Int.min])
    func closed(limit: Int) {
        let gate = ConcurrencyGate(limit: limit)
        #expect(!gate.tryEnter())
        #expect(gate.limit == 0)
    }

    @Test("The peak stays when everyone has left")
    func peak() {
        let gate = ConcurrencyGate(limit: 10)
        for _ in 0..<3 { #expect(gate.tryEnter()) }
        for _ in 0..<3 { gate.leave() }
        #expect(gate.tryEnter())
        #expect(gate.peak == 3)
        #expect(gate.inUse == 1)
    }

    @Test("A leave too many does not make room beyond the limit")
    func surplusLeave() {
        let gate = ConcurrencyGate(limit: 1)
        gate.leave()
        #expect(gate.inUse == 0)
        #expect(gate.tryEnter())
        #expect(!gate.tryEnter())
    }

    @Test("HTTP-6: many threads never pass the limit, and all is given back")
    func contention() async {
        let gate = ConcurrencyGate(limit: 3)
        let seen = Counters()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<20_000 where gate.tryEnter() {
                        let now = seen.inside.add(1, ordering: .sequentiallyConsistent).newValue
                        seen.worst.max(now, ordering: .relaxed)
                        seen.entered.add(1, ordering: .relaxed)
                        seen.inside.subtract(1, ordering: .sequentiallyConsistent)
                        gate.leave()
                    }
                }
            }
        }
        #expect(seen.worst.load(ordering: .relaxed) <= 3)
        #expect(seen.entered.load(ordering: .relaxed) > 0)
        #expect(gate.inUse == 0)
        #expect((1...3).contains(gate.peak))
    }
}

private final class Counters: Sendable {
    let inside = Atomic(0)
    let worst = Atomic(0)
    let entered = Atomic(0)
}
