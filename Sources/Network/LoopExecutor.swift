import NIOCore

/// Runs tasks on one event loop's thread, so that a request's code, its client and its origin share a thread.
///
/// `Task.immediate(executorPreference:)` with it runs at once when called on the loop, and every resumption comes back
/// there. What the loop's own thread makes runnable waits in a queue of this executor, without a lock; `runPending`
/// empties it at once, and otherwise the loop does within the same turn.
///
/// `pending` and the flags are touched by the loop's thread alone, which `enqueue` checks first: so it is Sendable.
@safe package final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    private let eventLoop: Reactor
    private var pending = ContiguousArray<UnownedJob>()
    private var running = ContiguousArray<UnownedJob>()
    private var isRunning = false
    /// Somebody will call `runPending`.
    private var isExpected = false

    package init(_ eventLoop: Reactor) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        guard eventLoop.inEventLoop else {
            eventLoop.execute { [self] in
                unsafe unowned.runSynchronously(on: self.asUnownedTaskExecutor())
            }
            return
        }
        pending.append(unowned)
        if !isExpected, !isRunning { expectLater() }
    }

    /// What becomes runnable from now on waits for `runPending`, which the caller calls before it returns to the loop.
    package func expectRun() {
        if !isRunning { isExpected = true }
    }

    /// Runs what is runnable now; what that makes runnable follows later in this turn of the loop.
    package func runPending() {
        guard !isRunning else { return }
        isExpected = false
        isRunning = true
        swap(&pending, &running)
        let executor = unsafe asUnownedTaskExecutor()
        // By index, for iterating takes references.
        for index in running.indices { unsafe running[index].runSynchronously(on: executor) }
        running.removeAll(keepingCapacity: true)
        isRunning = false
        if !pending.isEmpty { expectLater() }
    }

    private func expectLater() {
        isExpected = true
        eventLoop._executeIsolatedUnsafeUnchecked { [self] in runPending() }
    }
}
