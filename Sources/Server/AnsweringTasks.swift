import Exchange
import Network

/// The tasks that answer one worker's requests: who has answered one is kept for the next.
///
/// A new task starts at once (`Task.immediate`), a kept one goes on at once, so either runs straight through on the
/// loop's thread until it must wait. Making one for each request costs ten allocations and as many locks more than
/// waking one. Bound to the loop; `close` lets go of those that wait.
final class AnsweringTasks {
    /// So many wait for another request; a few KiB each.
    private static let keptAtMost = 256

    private let executor: LoopExecutor
    private var kept: [Suspension<HTTP1Connection?>] = []
    private var isClosed = false

    init(executor: LoopExecutor) { self.executor = executor }

    /// Answers the present request of `connection`.
    func answer(_ connection: HTTP1Connection) {
        if let task = kept.popLast() {
            executor.expectRun()
            task.resume(connection)
            return executor.runPending()
        }
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let (tasks, first) = (self, connection)
        Task.immediate(executorPreference: executor) { unsafe await tasks.run(first) }
    }

    private func run(_ first: HTTP1Connection) async {
        var next: HTTP1Connection? = first
        while let connection = next.take() {
            await connection.answer()
            next = await another(after: connection)
        }
    }

    /// The next connection with a request, which may be the same at once; nil when this task is not wanted any more.
    private func another(after connection: HTTP1Connection) async -> HTTP1Connection? {
        guard kept.count < Self.keptAtMost, !isClosed else {
            connection.finished()
            return nil
        }
        return await Suspension.wait { task in
            kept.append(task)
            connection.finished()
        }
    }

    /// Those that wait end now, the others when they have answered.
    func close() {
        isClosed = true
        while let task = kept.popLast() { task.resume(nil) }
    }
}
