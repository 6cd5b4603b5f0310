import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// The key set of one issuer as all loops see it: the last good one, and when it may be fetched again (JWT-6).
///
/// One fetch at a time; who needs its outcome waits for it, as long as its client stays, and so many at a time that a
/// slow issuer does not take the places of all requests. A `kid` that nobody knows has the set fetched at most once in
/// `minInterval`, so that a storm of made-up ones does not reach the issuer.
package final class KeySetSource: Sendable {
    fileprivate struct State {
        var entries: [KeyRing.Entry] = []
        var isLoaded = false
        var isFetching = false
        var lastAsked: NIODeadline?
        var waiters: [UInt64: Suspension<Void>] = [:]
        var lastTicket: UInt64 = 0
        /// Starts a fetch, on whatever loop does that; it must call `fetched` at its end.
        var start: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    private let counter = Atomic<UInt64>(0)
    private let minInterval: TimeAmount
    private let maxWaiting: Int

    package init(minInterval: TimeAmount, maxWaiting: Int) {
        self.minInterval = minInterval
        self.maxWaiting = maxWaiting
    }

    /// Changes with the keys.
    var generation: UInt64 { counter.load(ordering: .acquiring) }

    /// Whether there ever was a set.
    var isLoaded: Bool { state.withLockedValue { $0.isLoaded } }

    var entries: [KeyRing.Entry] { state.withLockedValue { $0.entries } }

    /// Requests that wait for a fetch.
    var waiting: Int { state.withLockedValue { $0.waiters.count } }

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
    func refresh(forUnknownKeyAt now: NIODeadline, for cancellation: Cancellation) async -> Bool {
        guard !cancellation.isCancelled else { return false }
        let (ticket, start) = state.withLockedValue { $0.admit(now, minInterval, maxWaiting) }
        guard let ticket else { return false }
        let leaver = Leaver(ticket: ticket, source: self)
        cancellation.listener = leaver
        await Suspension<Void>.wait { waiter in
            let isOver = state.withLockedValue { state in
                // The fetch may have ended between the two locks.
                guard state.isFetching else { return true }
                state.waiters[ticket] = waiter
                return false
            }
            start?()
            if isOver { waiter.resume(()) }
        }
        if cancellation.listener === leaver { cancellation.listener = nil }
        return !cancellation.isCancelled
    }

    /// A fetch has ended; nil keeps what there was.
    func fetched(_ entries: [KeyRing.Entry]?) {
        let waiters = state.withLockedValue { state in
            state.isFetching = false
            if let entries {
                state.entries = entries
                state.isLoaded = true
            }
            defer { state.waiters = [:] }
            return state.waiters
        }
        if entries != nil { counter.add(1, ordering: .releasing) }
        for waiter in waiters.values { waiter.resume(()) }
    }

    fileprivate func leave(_ ticket: UInt64) {
        state.withLockedValue { $0.waiters.removeValue(forKey: ticket) }?.resume(())
    }
}

extension KeySetSource.State {
    /// A ticket for who may wait, and what starts the fetch where none is under way.
    fileprivate mutating func admit(
        _ now: NIODeadline, _ minInterval: TimeAmount, _ maxWaiting: Int
    ) -> (UInt64?, (@Sendable () -> Void)?) {
        guard waiters.count < maxWaiting else { return (nil, nil) }
        lastTicket += 1
        if isFetching { return (lastTicket, nil) }
        if let last = lastAsked, now < last + minInterval { return (nil, nil) }
        guard let start else { return (nil, nil) }
        lastAsked = now
        isFetching = true
        return (lastTicket, start)
    }
}

/// Ends the wait of a request whose client has left.
private final class Leaver: CancellationListener {
    private let ticket: UInt64
    private let source: KeySetSource

    init(ticket: UInt64, source: KeySetSource) {
        self.ticket = ticket
        self.source = source
    }

    func cancelled() { source.leave(ticket) }
}
