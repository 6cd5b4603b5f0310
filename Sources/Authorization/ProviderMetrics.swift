import NIOCore
import Telemetry

/// What one bucket's provider is counted by, on one loop's shard.
package struct ProviderMetrics {
    /// Whose families count.
    package enum Provider: Sendable { case opa, openFGA }

    private let shard: MetricShard
    private let requests: Counter
    private let hits: Counter
    private let misses: Counter
    private let errors: Counter
    private let duration: Histogram

    package init(_ provider: Provider, registry: MetricRegistry, shard index: Int, bucket: String) {
        shard = registry.shards[index]
        let labels = [bucket]
        switch provider {
        case .opa:
            requests = registry.counter(.opaRequests, labels: labels)
            hits = registry.counter(.opaCacheHits, labels: labels)
            misses = registry.counter(.opaCacheMisses, labels: labels)
            errors = registry.counter(.opaErrors, labels: labels)
            duration = registry.histogram(.opaRequestDuration, labels: labels)
        case .openFGA:
            requests = registry.counter(.openFGAChecks, labels: labels)
            hits = registry.counter(.openFGACacheHits, labels: labels)
            misses = registry.counter(.openFGACacheMisses, labels: labels)
            errors = registry.counter(.openFGAErrors, labels: labels)
            duration = registry.histogram(.openFGACheckDuration, labels: labels)
        }
    }

    func hit() { shard.add(hits) }
    func missed() { shard.add(misses) }
    func asked() { shard.add(requests) }
    func failed() { shard.add(errors) }
    func decided(after time: TimeAmount) { shard.observe(duration, nanoseconds: time.nanoseconds) }
}
