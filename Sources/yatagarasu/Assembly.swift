import Admin
import Admission
import Authentication
import Authorization
import Cache
import ConfigSchema
import Exchange
import Network
import NIOCore
import NIOSSL
import Proxy
import Resilience
import S3
import Server
import Settings
import Telemetry
import Transport
import Upstream

/// Why a valid configuration cannot be served here.
enum AssemblyFailure: Error {
    case endpoint(bucket: String, EndpointFailure)
    case credentials(bucket: String, CredentialsFailure)
    /// The path is the setting's; nil means the system's bundle.
    case trust(bucket: String, caPath: String?, TLSFailure)
    case keys(AuthenticationPlan.Failure)
    case keySet(host: String, TLSFailure)
    case provider(bucket: String, AuthorizationPlan.Failure)
    /// A layer of the cache that this version does not serve.
    case layer(CacheLayer)

    /// One line for the operator.
    var explanation: String {
        switch self {
        case .endpoint(let bucket, let failure):
            "bucket \(bucket): its endpoint cannot be used: \(failure.explanation)"
        case .credentials(let bucket, let failure):
            "bucket \(bucket): its keys cannot be used: \(failure.explanation)"
        case .trust(let bucket, nil, let failure): "bucket \(bucket): its https endpoint: \(failure.explanation)"
        case .keys(let failure): failure.explanation
        case .keySet(let host, let failure): "the key set of \(host): \(failure.explanation)"
        case .trust(let bucket, let path?, let failure): "bucket \(bucket): ca_path \(path): \(failure.explanation)"
        case .provider(let bucket, let failure): "bucket \(bucket): \(failure.explanation)"
        case .layer(let layer): "cache.cache_layers: `\(layer)` is not served by this version"
        }
    }
}

/// Puts the rooms together: everything that one configuration needs, and for each event loop its own corridor.
struct Assembly: Sendable {
    /// What a bucket needs on every loop.
    struct BucketPlan: Sendable {
        let settings: BucketSettings
        let endpoint: Endpoint
        let credentials: StaticCredentials
        let tls: NIOSSLContext?
        let limits: PoolLimits
        let health: HealthBoard.Entry
        /// nil where a token decides alone, or nothing.
        let authorization: AuthorizationPlan?
    }

    let configuration: Configuration
    let registry: MetricRegistry
    let log: Log
    let board: HealthBoard
    let lifecycle: Lifecycle
    let connector: Connector
    let gate: ConcurrencyGate
    let rateLimits: RateLimits?
    let plans: [BucketPlan]
    let authentication: AuthenticationPlan
    let cache: CachePlan
    /// For the key sets, in their order; nil for those over plain HTTP.
    private let keySetTLS: [NIOSSLContext?]
    private let loops: Int

    init(
        _ configuration: Configuration, loops: Int, registry: MetricRegistry, log: Log, lifecycle: Lifecycle,
        resolver: NameResolver, trust: TLSContexts, keys: KeyLoader
    ) throws(AssemblyFailure) {
        if let layer = Self.unservedLayer(of: configuration) { throw .layer(layer) }
        self.configuration = configuration
        self.registry = registry
        self.log = log
        self.lifecycle = lifecycle
        connector = Connector(resolver: resolver)
        board = HealthBoard(buckets: configuration.buckets.map(\.name), registry: registry, log: log)
        gate = ConcurrencyGate(limit: configuration.server.maxConcurrentRequests)
        rateLimits = RateLimits(configuration.server.rateLimit, buckets: configuration.buckets)
        var plans: [BucketPlan] = []
        for (bucket, health) in zip(configuration.buckets, board.entries) {
            plans.append(try Self.plan(bucket, health, configuration.server, loops: loops, trust: trust))
        }
        self.plans = plans
        self.loops = loops
        cache = CachePlan(configuration, registry: registry, log: log)
        authentication = try Self.authentication(configuration, keys)
        keySetTLS = try authentication.keySets.map { keySet throws(AssemblyFailure) in
            try Self.context(of: keySet, trust)
        }
    }

    /// What would keep this configuration from being served, as far as it shows without a socket (CFG-7).
    ///
    /// Certificates are loaded only where a bucket names them: a configuration may be tested on a machine that has no
    /// bundle of its own.
    static func problems(of configuration: Configuration, keys: KeyLoader) -> [AssemblyFailure] {
        let trust = TLSContexts(certFile: nil)
        let ofKeys: [AssemblyFailure]
        do throws(AssemblyFailure) {
            _ = try authentication(configuration, keys)
            ofKeys = []
        } catch {
            ofKeys = [error]
        }
        return ofKeys + (unservedLayer(of: configuration).map { [.layer($0)] } ?? [])
            + configuration.buckets.compactMap { bucket throws(Never) in
                do throws(AssemblyFailure) {
                    _ = (try endpoint(bucket), try identity(bucket))
                    if bucket.s3.tls.caPath != nil { _ = try context(bucket, trust) }
                    return nil
                } catch {
                    return error
                }
            }
    }

    private static func unservedLayer(of configuration: Configuration) -> CacheLayer? {
        configuration.isCacheUsed && configuration.cache.layers.contains(.redis) ? .redis : nil
    }

    /// The origins of one loop, in the order of the buckets. Called on that loop.
    func origins(on loop: LoopContext) -> [BucketOrigin] {
        plans.map { plan in
            let name = plan.settings.name
            let pool = OriginPool(
                target: .init(host: plan.endpoint.connectHost, port: plan.endpoint.port, tls: plan.tls),
                limits: plan.limits, loop: loop, connector: connector,
                metrics: PoolMetrics(registry: registry, shard: loop.index, bucket: name))
            return BucketOrigin(
                endpoint: plan.endpoint, credentials: plan.credentials, pool: pool,
                metrics: OriginMetrics(registry: registry, shard: loop.index, bucket: name), health: plan.health,
                wallClock: Clock.seconds)
        }
    }

    /// Who decides on one loop, in the order of the buckets. Called on that loop.
    func authorizers(on loop: LoopContext) -> [(any Authorizer)?] {
        plans.map { $0.authorization?.authorizer(on: loop, connector: connector, registry: registry) }
    }

    /// The corridor of one loop and one listener. Called on that loop.
    func journey(
        on loop: LoopContext, origins: [BucketOrigin], authorizers: [(any Authorizer)?], paths: FrontDesk.Paths,
        accessLog: AccessLog?, refreshProbes: @escaping () -> Void
    ) -> Journey {
        // A table of its own: loops would fight over the references of a common one.
        let routes = RouteTable(prefixes: configuration.buckets.map(\.normalizedPathPrefix))
        let guards = authentication.authenticators(
            on: loop, loops: loops, registry: registry, wallClock: Clock.seconds)
        let buckets = plans.indices.map { index in
            Corridor.Bucket(
                settings: plans[index].settings, origin: origins[index], authenticator: guards.buckets[index],
                authorizer: authorizers[index], cache: cache.buckets[index], rateLimit: rateLimits?.bucket(index))
        }
        let corridor = Corridor(
            routes: routes, buckets: buckets, gate: gate, server: configuration.server, rateLimits: rateLimits,
            admin: guards.admin, wallClock: WallTime.milliseconds)
        let desk = FrontDesk(
            paths: paths, version: Version.text, registry: registry, board: board, lifecycle: lifecycle,
            refreshProbes: refreshProbes)
        return Journey(
            corridor: corridor, loop: loop,
            metrics: JourneyMetrics(
                registry: registry, shard: loop.index, buckets: configuration.buckets.map(\.name)),
            desk: desk, accessLog: accessLog)
    }

    /// What fetches the issuers' key sets, on the one loop that does.
    func keySetFetchers(on loop: LoopContext) -> [KeySetFetcher] {
        zip(authentication.keySets, keySetTLS).map { keySet, tls in
            let limits = PoolLimits(
                maxConnections: 1, maxWaiting: 1, connectTimeout: .init(keySet.settings.jwksTimeout),
                firstByteTimeout: .init(keySet.settings.jwksTimeout),
                bodyIdleTimeout: .init(keySet.settings.jwksTimeout), totalTimeout: nil, idleTimeout: .seconds(20))
            let pool = OriginPool(
                target: .init(host: keySet.url.host, port: Int(keySet.url.port), tls: tls), limits: limits,
                loop: loop, connector: connector,
                metrics: PoolMetrics(registry: registry, shard: loop.index, bucket: "jwks:\(keySet.url.host)"))
            return KeySetFetcher(
                source: keySet.source, settings: keySet.settings, url: keySet.url, pool: pool, loop: loop,
                registry: registry, log: log)
        }
    }

    private static func authentication(
        _ configuration: Configuration, _ keys: KeyLoader
    ) throws(AssemblyFailure) -> AuthenticationPlan {
        do throws(AuthenticationPlan.Failure) {
            return try AuthenticationPlan(configuration, keys)
        } catch {
            throw .keys(error)
        }
    }

    private static func context(
        of keySet: AuthenticationPlan.KeySet, _ trust: TLSContexts
    ) throws(AssemblyFailure) -> NIOSSLContext? {
        guard keySet.url.scheme == .https else { return nil }
        do throws(TLSFailure) {
            return try trust.client(caPath: nil, verify: true)
        } catch {
            throw .keySet(host: keySet.url.host, error)
        }
    }

    private static func plan(
        _ bucket: BucketSettings, _ health: HealthBoard.Entry, _ server: ServerSettings, loops: Int,
        trust: TLSContexts
    ) throws(AssemblyFailure) -> BucketPlan {
        let endpoint = try endpoint(bucket)
        return BucketPlan(
            settings: bucket, endpoint: endpoint, credentials: StaticCredentials(try identity(bucket)),
            tls: endpoint.isSecure ? try context(bucket, trust) : nil,
            limits: limits(bucket.s3, server, loops: loops), health: health,
            authorization: try authorization(bucket, server, loops: loops, trust: trust))
    }

    private static func authorization(
        _ bucket: BucketSettings, _ server: ServerSettings, loops: Int, trust: TLSContexts
    ) throws(AssemblyFailure) -> AuthorizationPlan? {
        do throws(AuthorizationPlan.Failure) {
            return try AuthorizationPlan(bucket, server, loops: loops, trust: trust)
        } catch {
            throw .provider(bucket: bucket.name, error)
        }
    }

    private static func endpoint(_ bucket: BucketSettings) throws(AssemblyFailure) -> Endpoint {
        let s3 = bucket.s3
        let addressing: Endpoint.Addressing =
            switch s3.addressing {
            case .auto: .auto
            case .path: .path
            case .virtual: .virtual
            }
        do throws(EndpointFailure) {
            return try Endpoint(
                url: s3.endpoint?.text, bucket: s3.bucket, region: s3.region, addressing: addressing)
        } catch {
            throw .endpoint(bucket: bucket.name, error)
        }
    }

    private static func identity(_ bucket: BucketSettings) throws(AssemblyFailure) -> SigningIdentity {
        guard !bucket.s3.isAnonymous else { return .anonymous }
        do throws(CredentialsFailure) {
            return .credentials(
                try Credentials(
                    accessKey: bucket.s3.accessKey?.reveal() ?? "", secretKey: bucket.s3.secretKey?.reveal() ?? "",
                    sessionToken: bucket.s3.sessionToken?.reveal()))
        } catch {
            throw .credentials(bucket: bucket.name, error)
        }
    }

    private static func context(
        _ bucket: BucketSettings, _ trust: TLSContexts
    ) throws(AssemblyFailure) -> NIOSSLContext {
        do throws(TLSFailure) {
            return try trust.client(caPath: bucket.s3.tls.caPath, verify: bucket.s3.tls.verify)
        } catch {
            throw .trust(bucket: bucket.name, caPath: bucket.s3.tls.caPath, error)
        }
    }

    /// The pool's bounds are the process's: each loop gets its share.
    private static func limits(_ s3: S3Settings, _ server: ServerSettings, loops: Int) -> PoolLimits {
        PoolLimits(
            maxConnections: (s3.connectionPoolSize + loops - 1) / loops,
            maxWaiting: (s3.maxPendingRequests + loops - 1) / loops, connectTimeout: .init(s3.connectTimeout),
            firstByteTimeout: .init(s3.timeout), bodyIdleTimeout: .init(server.bodyIdleTimeout),
            totalTimeout: s3.totalTimeout > .zero ? .init(s3.totalTimeout) : nil, idleTimeout: .seconds(20))
    }
}

/// The wall clock, as the rest of the program takes it.
enum Clock {
    /// Seconds since the epoch.
    @Sendable static func seconds() -> Int64 { WallTime.second() }
}
