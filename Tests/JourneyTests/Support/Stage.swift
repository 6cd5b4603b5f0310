import Admin
import Glibc
import NIOCore
import NIOPosix
import Network
import Proxy
import Resilience
import S3
import Server
import Settings
import Telemetry
import Testing
import Transport
import Upstream

/// A running proxy before scripted origins: the parts that the program wires, wired here for one test.
final class Stage: Sendable {
    static let accessKey = "AKIDOFTHETEST"
    static let secretKey = "s3cr3t/KEY+that/must+never/show"

    struct Bucket: Sendable {
        var settings: BucketSettings
        /// Where its origin listens.
        var port: Int
        var endpoint: String?
        var tls: Bool

        init(_ name: String = "files", at prefix: String = "/files", port: Int, tls: Bool = false) {
            settings = BucketSettings()
            settings.name = name
            settings.pathPrefix = prefix
            self.port = port
            self.tls = tls
        }
    }

    /// What a test sets; times are long where it does not.
    struct Plan: Sendable {
        var server = ServerSettings()
        var limits = PoolLimits(
            maxConnections: 8, maxWaiting: 8, connectTimeout: .seconds(10), firstByteTimeout: .seconds(20),
            bodyIdleTimeout: .seconds(20), totalTimeout: nil, idleTimeout: .seconds(20))
        var hasMetricsListener = false
        /// nil: the test's own keys.
        var credentials: (any CredentialsSource)?
        var jwt = JWTSettings()
        var cache = CacheSettings()
        var buckets: [Bucket]

        /// What the rooms read that ask for more than one section.
        var configuration: Configuration {
            var configuration = Configuration()
            configuration.server = server
            configuration.jwt = jwt
            configuration.cache = cache
            configuration.buckets = buckets.map(\.settings)
            return configuration
        }

        init(_ buckets: [Bucket]) {
            self.buckets = buckets
            server.port = 0
            server.address = .any
        }
    }

    let plan: Plan
    let registry = MetricRegistry(loops: 1, cellsPerShard: 8_192)
    let gate: ConcurrencyGate
    let board: HealthBoard
    let lifecycle = Lifecycle(started: .now())
    let log: Log
    let server: Server
    let metricsServer: Server?
    let seat: NIOLoopBound<StageSeat>
    private let logFile: LogFile
    private let group: ReactorGroup

    private init(_ plan: Plan) async throws {
        self.plan = plan
        logFile = try LogFile()
        log = Log(level: .debug, format: .json, output: try LogOutput(descriptor: logFile.descriptor))
        registry.collectProcess(output: log.output)
        gate = ConcurrencyGate(limit: plan.server.maxConcurrentRequests)
        board = HealthBoard(buckets: plan.buckets.map(\.settings.name), registry: registry, log: log)
        group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let parts = StageParts(
            plan: plan, registry: registry, gate: gate, board: board, lifecycle: lifecycle, log: log,
            connector: Connector(resolver: try Self.resolver.get()))
        let seat = try await loop.submit { NIOLoopBound(try StageSeat(parts, loop), eventLoop: loop) }.get()
        self.seat = seat
        let counts = ServerMetrics(registry: registry)
        server = try await Server.start(
            address: "127.0.0.1", port: 0, settings: plan.server, loops: [loop], metrics: counts,
            wallClock: { WallTime.now().seconds }
        ) { _ in seat.value.seat(.init(servesMetrics: !plan.hasMetricsListener, isExclusive: false)) }
        metricsServer =
            plan.hasMetricsListener
            ? try await Server.start(
                address: "127.0.0.1", port: 0, settings: plan.server, loops: [loop], metrics: counts,
                wallClock: { WallTime.now().seconds }
            ) { _ in seat.value.seat(.init(servesMetrics: true, isExclusive: true)) } : nil
    }

    private static let resolver: Result<NameResolver, ResolutionFailure> = {
        do throws(ResolutionFailure) { return .success(try NameResolver()) } catch { return .failure(error) }
    }()

    /// Runs `body` before a proxy, and checks afterwards what must hold after every test: nothing in flight, no
    /// connection lost, no secret in the log.
    static func run(
        _ plan: Plan, sourceLocation: SourceLocation = #_sourceLocation, _ body: (Stage) async throws -> Void
    ) async throws {
        let stage = try await Stage(plan)
        do {
            try await body(stage)
            try await stage.settle()
        } catch {
            _ = await stage.end()
            throw error
        }
        let lines = await stage.end()
        #expect(!lines.contains(secretKey) && !lines.contains("AWS4-HMAC"), sourceLocation: sourceLocation)
        #expect(stage.gauge(.activeConnections) == 0, sourceLocation: sourceLocation)
        for bucket in plan.buckets {
            #expect(stage.origin(bucket.settings.name, "open") == 0, sourceLocation: sourceLocation)
        }
    }

    /// One bucket, `/files`, before one origin.
    static func run(
        _ script: @escaping ScriptedOrigin.Script, _ change: (inout Plan) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (Stage, ScriptedOrigin) async throws -> Void
    ) async throws {
        let origin = try await ScriptedOrigin.start(script)
        var plan = Plan([Bucket(port: origin.port)])
        change(&plan)
        try await run(plan, sourceLocation: sourceLocation) { try await body($0, origin) }
        await origin.stop()
    }

    func client(isReading: Bool = true, receiveBuffer: Int? = nil) async throws -> Client {
        try await Client.connect(to: server.address, isReading: isReading, receiveBuffer: receiveBuffer)
    }

    /// Asks once, on a connection of its own.
    func ask(_ target: String, method: String = "GET", _ lines: String = "") async throws -> Reply {
        let client = try await client()
        let reply = try await client.ask(target, method: method, lines)
        await client.close()
        return reply
    }

    func gauge(_ family: GaugeFamily, labels: [String] = []) -> Int64 {
        registry.total(registry.gauge(family, labels: labels))
    }

    /// `yatagarasu_origin_connections` of a bucket: open, idle or waiting.
    func origin(_ state: String) -> Int64 { origin("files", state) }

    func origin(_ bucket: String, _ state: String) -> Int64 {
        gauge(.originConnections, labels: [bucket, state])
    }

    func count(_ family: CounterFamily, labels: [String] = []) -> UInt64 {
        registry.total(registry.counter(family, labels: labels))
    }

    /// Waits for something that no channel tells.
    func until(
        _ what: String, within limit: Duration = .seconds(20), _ isSo: () async throws -> Bool
    ) async throws {
        struct Never: Error, CustomStringConvertible { let description: String }
        let end = ContinuousClock.now + limit
        while try await !isSo() {
            guard ContinuousClock.now < end else { throw Never(description: "never came: \(what)") }
            try await Task.sleep(for: .milliseconds(3))
        }
    }

    /// What the log holds, once it holds so many requests.
    func logText(requests count: Int = 1) async throws -> String {
        try await until("requests are logged") {
            try await seat.eventLoop.submit { self.seat.value.flush() }.get()
            return logFile.text.split(separator: "\n").count { $0.contains("\"message\":\"request\"") } >= count
        }
        // The writer's thread may hold the latest lines still.
        try await Task.sleep(for: .milliseconds(30))
        return logFile.text
    }

    private func settle() async throws {
        try await until("nothing in flight") { gauge(.requestsInFlight) == 0 && gate.inUse == 0 }
        for bucket in plan.buckets.map(\.settings.name) {
            try await until("the connections of \(bucket): \(origin(bucket, "open")), \(origin(bucket, "idle"))") {
                origin(bucket, "open") == origin(bucket, "idle") && origin(bucket, "waiting") == 0
            }
        }
    }

    /// Ends everything; gives the log.
    private func end() async -> String {
        await server.closeListeners()
        await metricsServer?.closeListeners()
        _ = await server.cut()
        _ = await metricsServer?.cut()
        try? await until("the last transfers' ends", within: .seconds(5)) { gauge(.requestsInFlight) == 0 }
        try? await seat.eventLoop.submit { self.seat.value.end() }.get()
        try? await until("the last connections' ends", within: .seconds(5)) { gauge(.activeConnections) == 0 }
        try? await group.shutdownGracefully()
        _ = log.output.close(within: .seconds(5))
        return logFile.text
    }
}
