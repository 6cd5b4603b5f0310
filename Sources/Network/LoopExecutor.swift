import NIOCore

/// Runs tasks on one event loop's thread, so that a request's code, its client and its origin share a thread.
///
/// `Task.immediate(executorPreference:)` with it runs at once when called on the loop, and every resumption comes back
/// there.
package final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        eventLoop.execute { [self] in
            unsafe unowned.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
