import Synchronization

/// Counts what is going on at one time and refuses beyond a limit (`max_connections`, `max_concurrent_requests`;
/// HTTP-6).
///
/// Shared by all event loops without a lock. Whoever has entered must leave exactly once.
package final class ConcurrencyGate: Sendable {
    package let limit: Int
    private let count = Atomic(0)
    private let highest = Atomic(0)

    /// A limit below 0 counts as 0, which lets nobody in.
    package init(limit: Int) { self.limit = max(0, limit) }

    /// How many are inside.
    package var inUse: Int { count.load(ordering: .relaxed) }

    /// The most that were ever inside at one time.
    package var peak: Int { highest.load(ordering: .relaxed) }

    /// Enters when there is room. A refusal never counts, not even for a moment, so that it cannot cause another one.
    package func tryEnter() -> Bool {
        var current = count.load(ordering: .relaxed)
        while current < limit {
            let (exchanged, original) = count.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .relaxed)
            guard exchanged else {
                current = original
                continue
            }
            if current + 1 > highest.load(ordering: .relaxed) { highest.max(current + 1, ordering: .relaxed) }
            return true
        }
        return false
    }

    /// Makes room again. Does nothing when nobody is inside.
    package func leave() {
        var current = count.load(ordering: .relaxed)
        while current > 0 {
            let (exchanged, original) = count.weakCompareExchange(
                expected: current, desired: current - 1, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
