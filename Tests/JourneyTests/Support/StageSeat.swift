import Admin
import Admission
import Authentication
import Authorization
import Cache
import Exchange
import NIOCore
import Network
import Proxy
import Resilience
import S3
import Server
import Settings
import Telemetry
import Transport
import Upstream

/// What a stage's loop is made of.
struct StageParts: Sendable {
    let plan: Stage.Plan
    let registry: MetricRegistry
    let gate: ConcurrencyGate
    let board: HealthBoard
    let lifecycle: Lifecycle
    let log: Log
    let connector: Connector
}

/// The proxy's own things on the stage's one loop. Bound to it.
final class StageSeat {
    private let parts: StageParts
    private let loop: LoopContext
    private let origins: [BucketOrigin]
    private let authorizers: [(any Authorizer)?]
    private let accessLog: AccessLog
    private let prober: Prober
    private let cache: CachePlan
    private let authentication: AuthenticationPlan
    private let fetchers: [KeySetFetcher]

    init(_ parts: StageParts, _ eventLoop: Reactor) throws {
        self.parts = parts
        let loop = LoopContext(eventLoop: eventLoop, index: 0, seed: (5, 6, 7, 8))
        self.loop = loop
        let authentication = try AuthenticationPlan(parts.plan.configuration, KeyLoader(environment: [:]))
        self.authentication = authentication
        fetchers = authentication.keySets.map { Self.fetcher($0, parts, loop) }
        for fetcher in fetchers { fetcher.start() }
        accessLog = AccessLog(output: parts.log.output, format: .json)
        origins = try zip(parts.plan.buckets, parts.board.entries).map { try Self.origin($0, $1, parts, loop) }
        authorizers = try parts.plan.buckets.map { bucket in
            try AuthorizationPlan(bucket.settings, parts.plan.server, loops: 1, trust: TLSContexts(certFile: nil))?
                .authorizer(on: loop, connector: parts.connector, registry: parts.registry)
        }
        cache = CachePlan(parts.plan.configuration, registry: parts.registry, log: parts.log)
        prober = Prober(
            loop: loop, board: parts.board, origins: origins, timeouts: origins.map { _ in .seconds(5) })
    }

    private static func origin(
        _ bucket: Stage.Bucket, _ health: HealthBoard.Entry, _ parts: StageParts, _ loop: LoopContext
    ) throws -> BucketOrigin {
        let name = bucket.settings.name
        let endpoint = try Endpoint(
            url: bucket.endpoint ?? "\(bucket.tls ? "https" : "http")://127.0.0.1:\(bucket.port)", bucket: "store",
            region: "eu-test-1", addressing: .path)
        let tls = bucket.tls ? try TLSContexts(certFile: nil).client(caPath: nil, verify: false) : nil
        let pool = OriginPool(
            target: .init(host: endpoint.connectHost, port: endpoint.port, tls: tls), limits: parts.plan.limits,
            loop: loop, connector: parts.connector,
            metrics: PoolMetrics(registry: parts.registry, shard: loop.index, bucket: name))
        let keys = try Credentials(accessKey: Stage.accessKey, secretKey: Stage.secretKey)
        return BucketOrigin(
            endpoint: endpoint, credentials: parts.plan.credentials ?? StaticCredentials(.credentials(keys)),
            pool: pool,
            metrics: OriginMetrics(registry: parts.registry, shard: loop.index, bucket: name), health: health,
            wallClock: { WallTime.now().seconds })
    }

    private static func fetcher(
        _ keySet: AuthenticationPlan.KeySet, _ parts: StageParts, _ loop: LoopContext
    ) -> KeySetFetcher {
        let pool = OriginPool(
            target: .init(host: keySet.url.host, port: Int(keySet.url.port), tls: nil), limits: parts.plan.limits,
            loop: loop, connector: parts.connector,
            metrics: PoolMetrics(registry: parts.registry, shard: loop.index, bucket: "jwks"))
        return KeySetFetcher(
            source: keySet.source, settings: keySet.settings, url: keySet.url, pool: pool, loop: loop,
            registry: parts.registry, log: parts.log)
    }

    /// What a listener needs here.
    func seat(_ paths: FrontDesk.Paths) -> Server.Seat {
        let buckets = parts.plan.buckets
        let limits = RateLimits(parts.plan.server.rateLimit, buckets: buckets.map(\.settings))
        let guards = authentication.authenticators(
            on: loop, loops: 1, registry: parts.registry, wallClock: { WallTime.now().seconds })
        let corridor = Corridor(
            routes: RouteTable(prefixes: buckets.map(\.settings.normalizedPathPrefix)),
            buckets: buckets.indices.map { index in
                .init(
                    settings: buckets[index].settings, origin: origins[index], authenticator: guards.buckets[index],
                    authorizer: authorizers[index], cache: cache.buckets[index],
                    rateLimit: limits?.bucket(index))
            }, gate: parts.gate, server: parts.plan.server, rateLimits: limits, admin: guards.admin,
            wallClock: WallTime.milliseconds)
        let desk = FrontDesk(
            paths: paths, version: "9.9.9", registry: parts.registry, board: parts.board, lifecycle: parts.lifecycle
        ) { [unowned self] in prober.refresh() }
        let journey = Journey(
            corridor: corridor, loop: loop,
            metrics: JourneyMetrics(
                registry: parts.registry, shard: loop.index, buckets: buckets.map(\.settings.name)),
            desk: desk, accessLog: accessLog)
        return Server.Seat(loop: loop, responder: journey)
    }

    func flush() { accessLog.flush() }

    func end() {
        accessLog.flush()
        for origin in origins { origin.shutDown() }
        for fetcher in fetchers { fetcher.end() }
        for authorizer in authorizers { authorizer?.shutDown() }
    }
}
