/// Tells whoever works for a request that its client has left. Bound to one event loop.
///
/// A task's own cancellation takes locks at every wait, this costs a store; and a task outlives the request.
package final class Cancellation {
    package enum Cause {
        case clientLeft
        /// The time for the last answers is over.
        case serverEnds
    }

    /// Why the answer can reach nobody any more; nil while it can.
    package private(set) var cause: Cause?
    /// Who waits for something on behalf of the request now; told once.
    package var listener: (any CancellationListener)?

    package init() {}

    package var isCancelled: Bool { cause != nil }

    package func cancel(_ cause: Cause) {
        self.cause = cause
        listener.take()?.cancelled()
    }
}

package protocol CancellationListener: AnyObject {
    func cancelled()
}
