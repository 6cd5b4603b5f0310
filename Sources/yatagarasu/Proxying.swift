import Admin
import Cache
import Authentication
import ConfigSchema
import Exchange
import Glibc
import Network
import NIOCore
import Proxy
import Server
import Settings
import Telemetry
import Upstream

/// The running proxy: its loops, its listeners, and how they end.
final class Proxying: Sendable {
    let configuration: Configuration
    let log: Log
    let lifecycle: Lifecycle
    let registry: MetricRegistry
    let group: ReactorGroup
    let resolver: NameResolver
    let cache: CachePlan
    let seats: [NIOLoopBound<LoopSeat>]
    let main: Server
    let metrics: Server?

    let threads: Int

    /// Where the main listener is, for the log and for `demo`.
    var place: String {
        guard let address = main.address, let ip = address.ipAddress, let port = address.port else { return "" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    private init(
        configuration: Configuration, log: Log, lifecycle: Lifecycle, registry: MetricRegistry,
        group: ReactorGroup, resolver: NameResolver, cache: CachePlan,
        seats: [NIOLoopBound<LoopSeat>], main: Server, metrics: Server?
    ) {
        self.configuration = configuration
        self.log = log
        self.lifecycle = lifecycle
        self.registry = registry
        self.group = group
        self.resolver = resolver
        self.cache = cache
        self.seats = seats
        self.main = main
        self.metrics = metrics
        threads = seats.count
    }

    static func start(
        _ configuration: Configuration, log: Log, began: NIODeadline
    ) async throws(ProxyFailure) -> Proxying {
        warn(of: ProcessLimits.raiseDescriptors(), configuration, log)
        let threads =
            switch configuration.server.threads {
            case .auto: ProcessLimits.usableCores()
            case .value(let count): count
            }
        let registry = MetricRegistry(loops: threads)
        registry.collectProcess(output: log.output)
        registry.shared.set(registry.gauge(.buildInfo, labels: [Version.text]), 1)
        registry.shared.set(registry.gauge(.configGeneration), 1)
        let lifecycle = Lifecycle(started: began)
        let resolver = try resolver()
        let assembly = try assemble(configuration, threads, registry, log, lifecycle, resolver)
        let group = try loops(threads)
        let seats = await makeSeats(group, assembly, configuration)
        let (main, metrics) = try await listen(configuration, seats, group, registry)
        assembly.cache.start()
        seats.first?.eventLoop.execute { seats[0].value.refreshProbes() }
        return Proxying(
            configuration: configuration, log: log, lifecycle: lifecycle, registry: registry, group: group,
            resolver: resolver, cache: assembly.cache, seats: seats, main: main, metrics: metrics)
    }

    /// Every client may need a connection to the origin as well.
    private static func warn(of descriptors: UInt64, _ configuration: Configuration, _ log: Log) {
        let pools = configuration.buckets.reduce(0) { $0 + $1.s3.connectionPoolSize }
        let wanted = configuration.server.maxConnections + pools + 64
        guard descriptors < UInt64(max(0, wanted)) else { return }
        log.warn(
            "fewer file descriptors are allowed than connections may need",
            ["allowed": .int(Int(clamping: descriptors)), "wanted": .int(wanted)])
    }

    private static func loops(_ threads: Int) throws(ProxyFailure) -> ReactorGroup {
        do throws(ReactorFailure) {
            return try ReactorGroup(threads: threads)
        } catch {
            throw .loops(errno: error.errno)
        }
    }

    private static func resolver() throws(ProxyFailure) -> NameResolver {
        do throws(ResolutionFailure) {
            return try NameResolver(ResolverSettings())
        } catch {
            throw .resolver(error)
        }
    }

    private static func assemble(
        _ configuration: Configuration, _ threads: Int, _ registry: MetricRegistry, _ log: Log,
        _ lifecycle: Lifecycle, _ resolver: NameResolver
    ) throws(ProxyFailure) -> Assembly {
        do throws(AssemblyFailure) {
            return try Assembly(
                configuration, loops: threads, registry: registry, log: log, lifecycle: lifecycle, resolver: resolver,
                trust: TLSContexts(certFile: Environment.all["SSL_CERT_FILE"]),
                keys: KeyLoader(environment: Environment.all))
        } catch {
            throw .assembly(error)
        }
    }

    private static func makeSeats(
        _ group: ReactorGroup, _ assembly: Assembly, _ configuration: Configuration
    ) async -> [NIOLoopBound<LoopSeat>] {
        var seats: [NIOLoopBound<LoopSeat>] = []
        for (index, loop) in group.loops.enumerated() {
            var system = SystemRandomNumberGenerator()
            let seed = (
                system.next() as UInt64, system.next() as UInt64, system.next() as UInt64, system.next() as UInt64
            )
            let first = seats.first
            let seat = try? await loop.submit {
                NIOLoopBound(
                    LoopSeat(
                        loop: LoopContext(eventLoop: loop, index: index, seed: seed), assembly: assembly,
                        logging: configuration.logging, proberSeat: first),
                    eventLoop: loop)
            }.get()
            if let seat { seats.append(seat) }
        }
        return seats
    }

    private static func listen(
        _ configuration: Configuration, _ seats: [NIOLoopBound<LoopSeat>], _ group: ReactorGroup,
        _ registry: MetricRegistry
    ) async throws(ProxyFailure) -> (Server, Server?) {
        let settings = configuration.server
        let counts = ServerMetrics(registry: registry)
        let isShared = configuration.metrics.isOnMainListener
        let address = settings.address.text
        let main: Server
        do throws(BindFailure) {
            main = try await Server.start(
                address: address, port: Int(settings.port), settings: settings, loops: group.loops,
                metrics: counts, wallClock: Clock.seconds
            ) { index in seats[index].value.seat(.init(servesMetrics: isShared, isExclusive: false)) }
        } catch {
            throw .bind(error, address: address, port: Int(settings.port))
        }
        return (main, try await metricsListener(configuration, seats, group, counts))
    }

    private static func metricsListener(
        _ configuration: Configuration, _ seats: [NIOLoopBound<LoopSeat>], _ group: ReactorGroup,
        _ counts: ServerMetrics
    ) async throws(ProxyFailure) -> Server? {
        guard configuration.metrics.isEnabled, let port = configuration.metrics.port, let seat = seats.first else {
            return nil
        }
        let address = (configuration.metrics.address ?? configuration.server.address).text
        // Whoever scrapes connects by itself.
        var settings = configuration.server
        settings.proxyProtocol = .off
        do throws(BindFailure) {
            return try await Server.start(
                address: address, port: Int(port), settings: settings, loops: [group.loops[0]],
                metrics: counts, wallClock: Clock.seconds
            ) { _ in seat.value.seat(.init(servesMetrics: true, isExclusive: true)) }
        } catch {
            throw .bindMetrics(error, address: address, port: Int(port))
        }
    }
}
