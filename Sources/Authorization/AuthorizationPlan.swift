import NIOCore
import NIOSSL
import Network
import Settings
import Telemetry
import Transport

/// What the decisions about one bucket need on every loop: the table that the loops share, and how the provider is
/// reached.
package struct AuthorizationPlan: Sendable {
    /// Why nobody could decide about a bucket.
    package enum Failure: Error, Equatable, Sendable {
        /// Settings that the provider needs are not there.
        case incomplete
        /// The provider's URL is `https`, and nobody is known to trust.
        case trust(TLSFailure)

        package var explanation: String {
            switch self {
            case .incomplete: "its authorization provider is not wholly configured"
            case .trust(let failure): "its https authorization provider: \(failure.explanation)"
            }
        }
    }

    private enum Provider: Sendable {
        case opa(policyPath: String)
        case openFGA(store: String, names: OpenFGASettings)
    }

    private let bucket: String
    private let provider: Provider
    private let table: DecisionTable
    private let place: EndpointURL
    private let tls: NIOSSLContext?
    private let limits: PoolLimits
    private let timeout: Duration
    private let failMode: FailMode

    /// Connections to one provider, all loops together.
    private static let connections = 64
    /// Questions that may wait for one of them: few enough that the last has time left for its answer.
    private static let waiting = 256

    /// nil for a bucket whose tokens decide alone. `trust` is asked where the provider's URL is `https`.
    package init?(
        _ bucket: BucketSettings, _ server: ServerSettings, loops: Int, trust: TLSContexts
    ) throws(Failure) {
        guard bucket.auth.isEnabled else { return nil }
        switch bucket.auth.provider {
        case .jwt: return nil
        case .opa:
            let opa = bucket.auth.opa
            guard let url = opa.url, let policy = opa.policyPath else { throw .incomplete }
            (provider, place) = (.opa(policyPath: policy), url)
            (timeout, failMode) = (opa.timeout, opa.failMode)
            table = DecisionTable(
                capacity: opa.cacheMaxEntries, allowFor: .init(opa.cacheTTL), denyFor: .init(opa.negativeCacheTTL))
        case .openfga:
            let fga = bucket.auth.openFGA
            guard let url = fga.endpoint, let store = fga.storeID else { throw .incomplete }
            (provider, place) = (.openFGA(store: store, names: fga), url)
            (timeout, failMode) = (fga.timeout, fga.failMode)
            table = DecisionTable(
                capacity: fga.cacheMaxEntries, allowFor: .init(fga.decisionCacheTTL),
                denyFor: .init(fga.negativeCacheTTL))
        }
        do throws(TLSFailure) {
            tls = place.scheme == .https ? try trust.client(caPath: nil, verify: true) : nil
        } catch {
            throw .trust(error)
        }
        self.bucket = bucket.name
        limits = PoolLimits(
            maxConnections: (Self.connections + loops - 1) / loops,
            maxWaiting: (min(Self.waiting, server.maxConcurrentRequests) + loops - 1) / loops,
            connectTimeout: .init(timeout), firstByteTimeout: .init(timeout), bodyIdleTimeout: .init(timeout),
            totalTimeout: nil, idleTimeout: .seconds(20))
    }

    /// The authorizer of one loop, with encodings of its own, which loops would fight over. Called on that loop.
    package func authorizer(on loop: LoopContext, connector: Connector, registry: MetricRegistry) -> any Authorizer {
        switch provider {
        case .opa(let policyPath):
            return OPAAuthorizer(
                OPADialect(url: place, policyPath: policyPath, bucket: bucket),
                consultation(.opa, "opa", loop, connector, registry), failMode: failMode)
        case .openFGA(let store, let names):
            return OpenFGAAuthorizer(
                OpenFGADialect(endpoint: place, store: store, names: names, bucket: bucket),
                consultation(.openFGA, "openfga", loop, connector, registry), failMode: failMode)
        }
    }

    private func consultation(
        _ provider: ProviderMetrics.Provider, _ name: String, _ loop: LoopContext, _ connector: Connector,
        _ registry: MetricRegistry
    ) -> Consultation {
        let pool = OriginPool(
            target: .init(host: place.host, port: Int(place.effectivePort), tls: tls), limits: limits, loop: loop,
            connector: connector,
            metrics: PoolMetrics(registry: registry, shard: loop.index, bucket: "\(name):\(bucket)"))
        return Consultation(
            table: table, pool: pool, loop: loop, timeout: timeout,
            metrics: ProviderMetrics(provider, registry: registry, shard: loop.index, bucket: bucket))
    }
}
