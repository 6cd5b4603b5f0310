import NIOCore
import NIOPosix

@testable import Network

/// Runs `body` as a task on the thread of an event loop made for it, as the program runs its requests.
func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (LoopContext) async throws -> Value
) async throws -> Value {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop = group.next()
    let result = await Task(executorPreference: LoopExecutor(eventLoop)) {
        try await body(LoopContext(eventLoop: eventLoop, index: 0, seed: (1, 2, 3, 4)))
    }.result
    try await group.shutdownGracefully()
    return try result.get()
}

/// The failure that `body` throws; nil when it throws none.
func failure<Value, Failure: Error>(of body: () async throws(Failure) -> Value) async -> Failure? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
