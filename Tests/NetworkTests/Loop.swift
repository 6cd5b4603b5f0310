import NIOCore

@testable import Network

/// Runs `body` as a task on the thread of an event loop made for it, as the program runs its requests.
func onLoop<Value: Sendable>(
    _ body: @escaping @Sendable (LoopContext) async throws -> Value
) async throws -> Value {
    let group = try ReactorGroup(threads: 1)
    let eventLoop = group.loops[0]
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

/// A loop that lives as long as the tests, for servers that they talk to.
enum Outside {
    private static let group: Result<ReactorGroup, ReactorFailure> = {
        do throws(ReactorFailure) { return .success(try ReactorGroup(threads: 1)) } catch { return .failure(error) }
    }()

    static func loop() throws -> Reactor { try group.get().loops[0] }
}
