import Exchange
import NIOConcurrencyHelpers

/// A decision that somebody is asking for, and everybody who waits for it, on whichever loops.
///
/// Who waits is resumed from the asking loop's thread; its own executor takes it back to its loop.
package final class OpenDecision: Sendable {
    private enum State {
        case open([Suspension<Decision>])
        case settled(Decision)
    }

    private let state = NIOLockedValueBox(State.open([]))

    /// Waits for the decision.
    func outcome() async -> Decision {
        await Suspension<Decision>.wait { waiter in
            let known = state.withLockedValue { state -> Decision? in
                switch state {
                case .settled(let decision): return decision
                case .open(var waiters):
                    state = .open([])
                    waiters.append(waiter)
                    state = .open(waiters)
                    return nil
                }
            }
            if let known { waiter.resume(known) }
        }
    }

    /// Tells everybody.
    func settle(_ decision: Decision) {
        let waiters = state.withLockedValue { state -> [Suspension<Decision>] in
            guard case .open(let waiters) = state else { return [] }
            state = .settled(decision)
            return waiters
        }
        for waiter in waiters { waiter.resume(decision) }
    }

    /// How many wait.
    var waiting: Int {
        state.withLockedValue { if case .open(let waiters) = $0 { waiters.count } else { 0 } }
    }
}
