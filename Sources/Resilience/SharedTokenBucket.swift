import Synchronization

/// One token bucket for all event loops, without a lock.
package final class SharedTokenBucket: Sendable {
    private let limit: RateLimit
    private let fullAt = Atomic<Int64>(0)

    package init(_ limit: RateLimit) { self.limit = limit }

    /// Takes a token when there is one. `now` may differ a little from thread to thread.
    package func take(now: Int64) -> RateLimit.Verdict {
        var current = fullAt.load(ordering: .relaxed)
        while true {
            let verdict = limit.verdict(fullAt: current, now: now)
            guard case .allowed(let next) = verdict else { return verdict }
            let (exchanged, original) = fullAt.weakCompareExchange(
                expected: current, desired: next, ordering: .relaxed)
            if exchanged { return verdict }
            current = original
        }
    }
}
