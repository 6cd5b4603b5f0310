import Telemetry

/// What one pool counts, under its bucket's name. Bound to one event loop's shard.
package struct PoolMetrics: Sendable {
    private let shard: MetricShard
    private let openConnections: Gauge
    private let idleConnections: Gauge
    private let waitingRequests: Gauge
    private let connects: Counter
    private let connectFailures: Counter
    private let staleRetries: Counter
    private let rejections: Counter

    package init(registry: MetricRegistry, shard index: Int, bucket: String) {
        shard = registry.shards[index]
        openConnections = registry.gauge(.originConnections, labels: [bucket, "open"])
        idleConnections = registry.gauge(.originConnections, labels: [bucket, "idle"])
        waitingRequests = registry.gauge(.originConnections, labels: [bucket, "waiting"])
        connects = registry.counter(.originConnects, labels: [bucket])
        connectFailures = registry.counter(.originConnectFailures, labels: [bucket])
        staleRetries = registry.counter(.originStaleRetries, labels: [bucket])
        rejections = registry.counter(.poolRejections, labels: [bucket])
    }

    func open(_ change: Int) { shard.add(openConnections, change) }
    func idle(_ change: Int) { shard.add(idleConnections, change) }
    func waiting(_ change: Int) { shard.add(waitingRequests, change) }
    func connected() { shard.add(connects) }
    func connectFailed() { shard.add(connectFailures) }
    func staleRetry() { shard.add(staleRetries) }
    func rejected() { shard.add(rejections) }
}
