import Authorization
import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Network
import Settings
import Telemetry
import Testing
import Transport

/// One bucket's authorizers on two loops with one table, as the program wires them, and a provider on loopback.
final class Bench: Sendable {
    struct Plan: Sendable {
        var timeout = Duration.seconds(10)
        var allowFor = Duration.seconds(60)
        var denyFor = Duration.seconds(10)
        var capacity = 1_000
        var failMode = FailMode.closed
    }

    /// One loop's things. Bound to it.
    private final class Seat {
        let authorizer: any Authorizer
        let executor: LoopExecutor

        init(_ authorizer: any Authorizer, _ executor: LoopExecutor) {
            self.authorizer = authorizer
            self.executor = executor
        }
    }

    static let bucket = "photos"

    let kind: Kind
    let table: DecisionTable
    private let registry = MetricRegistry(loops: 2, cellsPerShard: 4_096)
    private let now: NIOLockedValueBox<NIODeadline>
    private let group: ReactorGroup
    private let seats: [(NIOLoopBound<Seat>, LoopExecutor)]

    private static let resolver: Result<NameResolver, ResolutionFailure> = {
        do throws(ResolutionFailure) { return .success(try NameResolver()) } catch { return .failure(error) }
    }()

    private init(_ kind: Kind, port: Int, _ plan: Plan) async throws {
        self.kind = kind
        let table = DecisionTable(
            capacity: plan.capacity, allowFor: .init(plan.allowFor), denyFor: .init(plan.denyFor))
        let now = NIOLockedValueBox(NIODeadline.uptimeNanoseconds(1_000_000_000))
        let group = try ReactorGroup(threads: 2)
        let connector = Connector(resolver: try Self.resolver.get())
        var seats: [(NIOLoopBound<Seat>, LoopExecutor)] = []
        for (index, eventLoop) in group.loops.enumerated() {
            let registry = registry
            let seat = try await eventLoop.submit {
                let loop = LoopContext(eventLoop: eventLoop, index: index, seed: (1, 2, 3, UInt64(index)))
                let pool = OriginPool(
                    target: .init(host: "127.0.0.1", port: port, tls: nil), limits: Self.limits(plan), loop: loop,
                    connector: connector,
                    metrics: PoolMetrics(registry: registry, shard: index, bucket: "\(kind.name):\(Self.bucket)"))
                let metrics = ProviderMetrics(
                    kind == .opa ? .opa : .openFGA, registry: registry, shard: index, bucket: Self.bucket)
                let consultation = Consultation(
                    table: table, pool: pool, loop: loop, timeout: plan.timeout, metrics: metrics,
                    clock: { now.withLockedValue { $0 } })
                let authorizer = try Self.authorizer(kind, consultation, port: port, plan)
                return (NIOLoopBound(Seat(authorizer, loop.executor), eventLoop: eventLoop), loop.executor)
            }.get()
            seats.append(seat)
        }
        self.table = table
        self.now = now
        self.group = group
        self.seats = seats
    }

    private static func limits(_ plan: Plan) -> PoolLimits {
        let time = TimeAmount(plan.timeout)
        return PoolLimits(
            maxConnections: 8, maxWaiting: 1_000, connectTimeout: time, firstByteTimeout: time, bodyIdleTimeout: time,
            totalTimeout: nil, idleTimeout: .seconds(20))
    }

    private static func authorizer(
        _ kind: Kind, _ consultation: Consultation, port: Int, _ plan: Plan
    ) throws -> any Authorizer {
        let url = try #require(EndpointURL("http://127.0.0.1:\(port)"))
        switch kind {
        case .opa:
            return OPAAuthorizer(
                OPADialect(url: url, policyPath: "app/authz", bucket: bucket), consultation, failMode: plan.failMode)
        case .openFGA:
            let dialect = OpenFGADialect(endpoint: url, store: "S1", names: OpenFGASettings(), bucket: bucket)
            return OpenFGAAuthorizer(dialect, consultation, failMode: plan.failMode)
        }
    }

    static func run(
        _ kind: Kind, _ script: @escaping ScriptedProvider.Script, _ change: (inout Plan) -> Void = { _ in },
        _ body: (Bench, ScriptedProvider) async throws -> Void
    ) async throws {
        let provider = try await ScriptedProvider.start(script)
        var plan = Plan()
        change(&plan)
        let bench = try await Bench(kind, port: provider.port, plan)
        do { try await body(bench, provider) } catch {
            await bench.end()
            throw error
        }
        await bench.end()
        await provider.stop()
    }

    private func end() async {
        await shutDown()
        try? await group.shutdownGracefully()
    }

    func shutDown() async {
        for (seat, _) in seats { try? await seat.eventLoop.submit { seat.value.authorizer.shutDown() }.get() }
    }

    private static let prefix = Array("/p/".utf8)

    /// What the authorizer of a loop decides.
    func decide(
        _ key: String = "a/b.jpg", user: String = "alice", method: Exchange.Method = .get, client: String = "192.0.2.1",
        on loop: Int = 0
    ) async -> Decision { await ask(key, user: user, method: method, client: client, on: loop).value }

    /// About a path of any bytes.
    func decide(path: [UInt8]) async -> Decision {
        await ask(path: path, user: "alice", method: .get, client: "192.0.2.1", on: 0).value
    }

    /// What `decide` does, in a task of its own.
    func ask(
        _ key: String = "a/b.jpg", user: String = "alice", method: Exchange.Method = .get, client: String = "192.0.2.1",
        on loop: Int = 0
    ) -> Task<Decision, Never> {
        ask(path: Self.prefix + Array(key.utf8), user: user, method: method, client: client, on: loop)
    }

    private func ask(
        path: [UInt8], user: String, method: Exchange.Method, client: String, on loop: Int
    ) -> Task<Decision, Never> {
        let (seat, executor) = seats[loop]
        return Task(executorPreference: executor) {
            guard let principal = try? Self.principal(#"{"sub":"\#(user)"}"#) else {
                return .unavailable(reason: "no principal")
            }
            let question = AccessQuestion(
                principal: principal, method: method, path: path, keyStart: Self.prefix.count,
                client: ByteBuffer(string: client))
            return await seat.value.authorizer.decide(question)
        }
    }

    func failMode() async throws -> FailMode {
        let (seat, _) = seats[0]
        return try await seat.eventLoop.submit { seat.value.authorizer.failMode }.get()
    }

    func wait(_ time: Duration) { now.withLockedValue { $0 = $0 + TimeAmount(time) } }

    /// The bucket's counter of either provider.
    func count(_ opa: CounterFamily, _ openFGA: CounterFamily) -> UInt64 {
        registry.total(registry.counter(kind == .opa ? opa : openFGA, labels: [Self.bucket]))
    }

    var requests: UInt64 { count(.opaRequests, .openFGAChecks) }
    var hits: UInt64 { count(.opaCacheHits, .openFGACacheHits) }
    var misses: UInt64 { count(.opaCacheMisses, .openFGACacheMisses) }
    var errors: UInt64 { count(.opaErrors, .openFGAErrors) }
    var decisionsTimed: UInt64 {
        registry.count(
            registry.histogram(kind == .opa ? .opaRequestDuration : .openFGACheckDuration, labels: [Self.bucket]))
    }

    func until(_ what: String, _ isSo: () -> Bool) async throws {
        struct Never: Error { let what: String }
        let end = ContinuousClock.now + .seconds(20)
        while !isSo() {
            guard ContinuousClock.now < end else { throw Never(what: what) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
