import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// The key set of one issuer as all loops see it: the last good one, and when it may be fetched again (JWT-6).
///
/// One fetch at a time; who needs its outcome waits for it. A `kid` that nobody knows has the set fetched at most once
/// in `minInterval`, so that a storm of made-up ones does not reach the issuer.
package final class KeySetSource: Sendable {
    private struct State {
        var entries: [KeyRing.Entry] = []
        var isLoaded = false
        var isFetching = false
        var lastAsked: NIODeadline?
        var waiters: [Suspension<Void>] = []
        /// Starts a fetch, on whatever loop does that; it must call `fetched` at its end.
        var start: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    private let counter = Atomic<UInt64>(0)
    private let minInterval: TimeAmount

    package init(minInterval: TimeAmount) { self.minInterval = minInterval }

    /// Changes with the keys.
    var generation: UInt64 { counter.load(ordering: .acquiring) }

    /// Whether there ever was a set.
    var isLoaded: Bool { state.withLockedValue { $0.isLoaded } }

    var entries: [KeyRing.Entry] { state.withLockedValue { $0.entries } }

    func setStart(_ start: (@Sendable () -> Void)?) { state.withLockedValue { $0.start = start } }

    /// Begins a fetch unless one is under way.
    func refresh() {
        let start = state.withLockedValue { state -> (@Sendable () -> Void)? in
            guard !state.isFetching, let start = state.start else { return nil }
            state.isFetching = true
            return start
        }
        start?()
    }

    /// A token needs a key that is not there: waits for a fetch, if one is under way or may begin. Answers whether
    /// there was one.
    func refresh(forUnknownKeyAt now: NIODeadline) async -> Bool {
        var start: (@Sendable () -> Void)?
        var isAwaited = false
        await Suspension<Void>.wait { waiter in
            isAwaited = state.withLockedValue { state in
                if !state.isFetching {
                    if let last = state.lastAsked, now < last + minInterval { return false }
                    guard let begin = state.start else { return false }
                    state.lastAsked = now
                    state.isFetching = true
                    start = begin
                }
                state.waiters.append(waiter)
                return true
            }
            if isAwaited { start?() } else { waiter.resume(()) }
        }
        return isAwaited
    }

    /// A fetch has ended; nil keeps what there was.
    func fetched(_ entries: [KeyRing.Entry]?) {
        let waiters = state.withLockedValue { state in
            state.isFetching = false
            if let entries {
                state.entries = entries
                state.isLoaded = true
            }
            defer { state.waiters = [] }
            return state.waiters
        }
        if entries != nil { counter.add(1, ordering: .releasing) }
        for waiter in waiters { waiter.resume(()) }
    }
}
