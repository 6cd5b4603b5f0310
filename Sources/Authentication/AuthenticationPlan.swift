import ConfigSchema
import Exchange
import NIOCore
import Network
import Settings
import Telemetry

/// How the tokens of every bucket's readers and of administrators are checked: keys loaded, and each way of checking
/// made once, however many buckets share it.
package struct AuthenticationPlan: Sendable {
    /// Keys that cannot be used, and whose they are.
    package struct Failure: Error, Equatable, Sendable {
        /// The bucket that is private by them; nil for administrators.
        package let bucket: String?
        /// Whether the bucket names the key itself.
        package let isOwn: Bool
        package let setting: String
        /// The file that the setting names.
        package let path: String?
        package let reason: KeyFailure

        /// One line for the operator.
        package var explanation: String {
            let section = isOwn ? "auth.jwt" : "jwt"
            let file = path.map { " (\($0))" } ?? ""
            let place = bucket.map { "bucket \($0): " } ?? ""
            return "\(place)\(section).\(setting)\(file) \(reason.explanation)"
        }
    }

    /// An issuer's key set and how it is fetched.
    package struct KeySet: Sendable {
        package let source: KeySetSource
        package let settings: JWTSettings
        package let url: ServiceURL

        /// Whether a fetch for `other` would be the same.
        fileprivate func serves(_ other: JWTSettings) -> Bool {
            url == other.jwksURL && settings.algorithm == other.algorithm
                && settings.jwksTimeout == other.jwksTimeout && settings.jwksMinInterval == other.jwksMinInterval
                && settings.jwksRefreshInterval == other.jwksRefreshInterval
        }
    }

    private struct Way: Sendable {
        let settings: JWTSettings
        let claims: [ClaimRuleSettings]
        let keys: StaticKeys
        let keySet: Int?
    }

    package private(set) var keySets: [KeySet] = []
    private var ways: [Way] = []
    /// The way of each bucket, in their order; nil where everybody may read.
    private var buckets: [Int?] = []
    private var admin: Int?
    /// Requests that may wait for one issuer's keys.
    private let maxWaiting: Int

    package init(_ configuration: Configuration, _ loader: KeyLoader) throws(Failure) {
        maxWaiting = max(1, configuration.server.maxConcurrentRequests / 4)
        for bucket in configuration.buckets {
            guard let settings = configuration.jwt(of: bucket) else {
                buckets.append(nil)
                continue
            }
            let isOwn = !bucket.auth.jwt.given.isEmpty
            buckets.append(try way(settings, settings.claims, loader, bucket: bucket.name, isOwn: isOwn))
        }
        if configuration.jwt.isEnabled, !configuration.jwt.adminClaims.isEmpty {
            admin = try way(configuration.jwt, configuration.jwt.adminClaims, loader, bucket: nil, isOwn: false)
        }
    }

    /// Whether anybody may call `/admin/`.
    package var hasAdministrators: Bool { admin != nil }

    /// Secrets that are shorter than the hash they key, against RFC 7518 §3.2: whose they are.
    package static func weakSecrets(of configuration: Configuration) -> [String] {
        var places: [String] = []
        if configuration.jwt.isEnabled, configuration.jwt.hasWeakSecret { places.append("jwt") }
        for bucket in configuration.buckets where !bucket.auth.jwt.given.isEmpty {
            if configuration.jwt(of: bucket)?.hasWeakSecret == true { places.append("bucket \(bucket.name)") }
        }
        return places
    }

    /// What one loop needs. `loops` is how many share the remembered tokens.
    package func authenticators(
        on loop: LoopContext, loops: Int, registry: MetricRegistry, wallClock: @escaping @Sendable () -> Int64
    ) -> (buckets: [Authenticator?], admin: Authenticator?) {
        let made = ways.map { way in
            let share = (way.settings.tokenCacheMaxEntries + max(1, loops) - 1) / max(1, loops)
            return Authenticator(
                way.settings, claims: way.claims, keys: way.keys, keySet: way.keySet.map { keySets[$0].source },
                cacheLimit: share, loop: loop, metrics: TokenMetrics(registry: registry, shard: loop.index),
                wallClock: wallClock)
        }
        return (buckets.map { $0.map { made[$0] } }, admin.map { made[$0] })
    }

    private mutating func way(
        _ settings: JWTSettings, _ claims: [ClaimRuleSettings], _ loader: KeyLoader, bucket: String?,
        isOwn: Bool
    ) throws(Failure) -> Int {
        if let known = ways.firstIndex(where: { $0.settings == settings && $0.claims == claims }) { return known }
        let keys: StaticKeys
        do throws(KeyLoader.Failure) {
            keys = try loader.load(settings)
        } catch {
            throw Failure(
                bucket: bucket, isOwn: isOwn, setting: error.setting, path: error.path, reason: error.reason)
        }
        ways.append(Way(settings: settings, claims: claims, keys: keys, keySet: keySet(settings)))
        return ways.count - 1
    }

    private mutating func keySet(_ settings: JWTSettings) -> Int? {
        guard let url = settings.jwksURL else { return nil }
        if let known = keySets.firstIndex(where: { $0.serves(settings) }) { return known }
        let source = KeySetSource(minInterval: TimeAmount(settings.jwksMinInterval), maxWaiting: maxWaiting)
        keySets.append(KeySet(source: source, settings: settings, url: url))
        return keySets.count - 1
    }
}
