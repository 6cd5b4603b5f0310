import Exchange
import Network

/// The tasks that answer one worker's requests: who has answered one is kept for the next.
///
/// A new task starts at once (`Task.immediate`), a kept one goes on at once, so either runs straight through on the
/// loop's thread until it must wait. Making one for each request costs ten allocations and as many locks more than
/// waking one. Bound to the loop; `close` lets go of those that wait.
final class AnsweringTasks {
    /// One task. While it is kept it holds no connection.
    private final class Hand {
        var connection: HTTP1Connection?
        var rest: Suspension<Bool>?
    }

    /// So many wait for another request; a few KiB each.
    private static let keptAtMost = 256

    private let executor: LoopExecutor
    private var kept: [Hand] = []
    private var isClosed = false

    init(executor: LoopExecutor) { self.executor = executor }

    /// Answers the present request of `connection`.
    func answer(_ connection: HTTP1Connection) {
        if let hand = kept.popLast() {
            hand.connection = connection
            executor.expectRun()
            hand.rest.take()?.resume(true)
            return executor.runPending()
        }
        let fresh = Hand()
        fresh.connection = connection
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let (tasks, hand) = (self, fresh)
        Task.immediate(executorPreference: executor) { unsafe await tasks.run(hand) }
    }

    private func run(_ hand: Hand) async {
        repeat { await hand.connection?.answer() } while await isWanted(again: hand)
    }

    /// Whether there is another request, of the same connection or of the next; it may be there at once.
    private func isWanted(again hand: Hand) async -> Bool {
        guard kept.count < Self.keptAtMost, !isClosed else {
            hand.connection.take()?.finished()
            return false
        }
        return await Suspension.wait { rest in
            hand.rest = rest
            kept.append(hand)
            hand.connection.take()?.finished()
        }
    }

    /// Those that wait end now, the others when they have answered.
    func close() {
        isClosed = true
        while let hand = kept.popLast() { hand.rest.take()?.resume(false) }
    }
}
