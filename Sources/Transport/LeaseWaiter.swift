import Exchange
import NIOCore

/// A request that waits for a connection: in the pool's line, or for one that is being made. Bound to the loop.
final class LeaseWaiter: CancellationListener {
    typealias Outcome = Result<OriginConnection, TransportFailure>

    let deadline: NIODeadline
    private let cancellation: Cancellation
    private var suspension: Suspension<Outcome>?
    /// Ends its standing in line when the time is over.
    var timer: Scheduled<Void>?
    /// Called when the client has left: what is done for this waiter alone is in vain.
    var onCancel: (() -> Void)?

    init(until deadline: NIODeadline, _ cancellation: Cancellation) {
        self.deadline = deadline
        self.cancellation = cancellation
    }

    /// Waits for the outcome of what `begin` begins.
    func wait(_ begin: () -> Void) async -> Outcome {
        cancellation.listener = self
        return await Suspension<Outcome>.wait {
            suspension = $0
            begin()
        }
    }

    /// Answers false when nobody waits any more.
    @discardableResult
    func resume(_ outcome: Outcome) -> Bool {
        timer.take()?.cancel()
        onCancel = nil
        guard let suspension = suspension.take() else { return false }
        cancellation.listener = nil
        suspension.resume(outcome)
        return true
    }

    func cancelled() {
        onCancel.take()?()
        resume(.failure(.cancelled))
    }
}
