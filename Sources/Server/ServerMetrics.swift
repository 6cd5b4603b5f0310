import Telemetry

/// What the doors count: connections and bytes.
package struct ServerMetrics: Sendable {
    private let registry: MetricRegistry

    package init(registry: MetricRegistry) { self.registry = registry }

    /// The same on one loop's shard.
    func counts(of loop: Int) -> ServerCounts { ServerCounts(registry, shard: registry.shards[loop]) }
}

/// The doors' counters on one loop's shard.
struct ServerCounts {
    private let shard: MetricShard
    private let active: Gauge
    private let opened: Counter
    private let received: Counter
    private let sent: Counter

    init(_ registry: MetricRegistry, shard: MetricShard) {
        self.shard = shard
        active = registry.gauge(.activeConnections)
        opened = registry.counter(.connectionsTotal)
        received = registry.counter(.bytesReceived)
        sent = registry.counter(.bytesSent)
    }

    func connectionOpened() {
        shard.add(opened)
        shard.add(active, 1)
    }

    func connectionClosed() { shard.add(active, -1) }

    func bytesReceived(_ count: Int) { shard.add(received, count) }

    func bytesSent(_ count: Int) { shard.add(sent, count) }
}
