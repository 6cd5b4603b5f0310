import Telemetry

/// How often a token was known already, on one loop's shard.
package struct TokenMetrics {
    private let shard: MetricShard
    private let hits: Counter
    private let misses: Counter

    package init(registry: MetricRegistry, shard index: Int) {
        shard = registry.shards[index]
        hits = registry.counter(.jwtCacheHits)
        misses = registry.counter(.jwtCacheMisses)
    }

    func hit() { shard.add(hits) }
    func missed() { shard.add(misses) }
}
