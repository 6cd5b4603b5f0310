import Exchange
import NIOCore

/// A command and the task that waits for its reply: in the pool's line first, when no connection is free, then in a
/// connection's. Bound to the loop.
final class ReplyWaiter: CancellationListener {
    typealias Outcome = Result<RESPValue, RedisFailure>

    let command: RedisCommand
    let deadline: NIODeadline
    /// The server confirms it by a push instead of a reply (RESP3).
    let isSubscription: Bool
    private let cancellation: Cancellation?
    private var suspension: Suspension<Outcome>?
    /// Called when who asked has left; a command that was sent still gets its reply, which nobody takes.
    var onCancel: (() -> Void)?

    init(
        _ command: RedisCommand, until deadline: NIODeadline, isSubscription: Bool = false,
        _ cancellation: Cancellation? = nil
    ) {
        self.command = command
        self.deadline = deadline
        self.isSubscription = isSubscription
        self.cancellation = cancellation
    }

    /// Waits for the outcome of what `begin` begins.
    func wait(_ begin: () -> Void) async -> Outcome {
        cancellation?.listener = self
        return await Suspension<Outcome>.wait {
            suspension = $0
            begin()
        }
    }

    func resume(_ outcome: Outcome) {
        onCancel = nil
        guard let suspension = suspension.take() else { return }
        cancellation?.listener = nil
        suspension.resume(outcome)
    }

    func cancelled() {
        onCancel.take()?()
        resume(.failure(.cancelled))
    }
}
