import Exchange
import NIOCore
import Network
import Resilience
import Telemetry

@testable import Redis

/// A loop with a pool on it, asked from outside.
final class Client: Sendable {
    let loop: NIOLoopBound<LoopContext>
    let pool: NIOLoopBound<RedisPool>
    let connector: Connector
    let breaker: SharedCircuitBreaker
    private let group: ReactorGroup
    private let resolver: NameResolver
    private let executor: LoopExecutor

    /// Bounds that suit most tests: no breaker to speak of, much time.
    static let limits = RedisLimits(
        maxConnections: 2, maxOutstanding: 20_000, maxUnsentBytes: 64 << 20, maxWaiting: 20_000,
        connectTimeout: .seconds(20), operationTimeout: .seconds(20), replies: RESPLimits(maxBulkLength: 16 << 20))
    static let patientRules = CircuitBreaker.Rules(
        failureThreshold: .max, successThreshold: 1, openDuration: .zero, halfOpenMax: 1)

    init(
        _ plan: RedisPlan, rules: CircuitBreaker.Rules = patientRules, hosts: String? = nil, log: Log? = nil,
        metrics: @escaping @Sendable () -> RedisMetrics = { RedisMetrics() }
    ) async throws {
        group = try ReactorGroup(threads: 1)
        let eventLoop = group.loops[0]
        var settings = ResolverSettings()
        if let hosts { settings.hostsPath = hosts }
        resolver = try NameResolver(settings)
        let (connector, breaker) = (Connector(resolver: resolver), SharedCircuitBreaker(rules))
        self.connector = connector
        self.breaker = breaker
        executor = LoopExecutor(eventLoop)
        (loop, pool) = await Task(executorPreference: executor) {
            let loop = LoopContext(eventLoop: eventLoop, index: 0, seed: (1, 2, 3, 4))
            let pool = RedisPool(
                plan: plan, loop: loop, connector: connector, breaker: breaker, metrics: metrics(), log: log)
            return (NIOLoopBound(loop, eventLoop: eventLoop), NIOLoopBound(pool, eventLoop: eventLoop))
        }.value
    }

    /// Runs `body` on the loop.
    func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (LoopContext, RedisPool) async throws -> Value
    ) async throws -> Value {
        let (loop, pool) = (loop, pool)
        return try await Task(executorPreference: executor) { try await body(loop.value, pool.value) }.value
    }

    /// A command's reply or the failure.
    func send(_ name: StaticString, _ arguments: RedisArgument...) async throws -> Result<RESPValue, RedisFailure> {
        let command = RedisCommand(name, arguments)
        return try await onLoop { _, pool in
            do throws(RedisFailure) { return .success(try await pool.send(command)) } catch { return .failure(error) }
        }
    }

    /// Sends until there is a reply, for half a minute at most; gives the failures of before.
    func insist(_ name: StaticString, _ arguments: RedisArgument...) async throws -> [RedisFailure] {
        var failures: [RedisFailure] = []
        let end = ContinuousClock.now + .seconds(30)
        let command = RedisCommand(name, arguments)
        while ContinuousClock.now < end {
            let outcome: Result<RESPValue, RedisFailure> = try await onLoop { _, pool in
                do throws(RedisFailure) { return .success(try await pool.send(command)) } catch {
                    return .failure(error)
                }
            }
            guard case .failure(let failure) = outcome else { return failures }
            failures.append(failure)
            try await Task.sleep(for: .milliseconds(10))
        }
        throw failures.last ?? .unavailable
    }

    func stop() async throws {
        try await onLoop { _, pool in pool.shutDown() }
        try await group.shutdownGracefully()
        resolver.shutDown()
    }
}

extension RedisPlan {
    /// A server on this machine.
    static func local(
        _ port: Int, login: RedisLogin = RedisLogin(), limits: RedisLimits = Client.limits
    ) -> RedisPlan {
        RedisPlan(
            place: .server(RedisAddress(host: "127.0.0.1", port: port)), login: login, tls: nil, limits: limits)
    }
}

/// Runs `body` with a server and a client, and ends both.
func withClient(
    _ server: RedisServer, _ plan: RedisPlan? = nil, rules: CircuitBreaker.Rules = Client.patientRules,
    log: Log? = nil, _ body: (Client) async throws -> Void
) async throws {
    let client = try await Client(plan ?? .local(server.port), rules: rules, log: log)
    let result: Result<Void, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    try await client.stop()
    try server.remove()
    try result.get()
}

/// Waits until something holds, for half a minute at most.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

extension Result<RESPValue, RedisFailure> {
    var failure: RedisFailure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }

    /// The text of a string.
    var text: String? { (try? get())?.bytes.map { String(buffer: $0) } }
}
