import Network
import Telemetry

/// What the doors count: connections and bytes.
package struct ServerMetrics: Sendable {
    private let registry: MetricRegistry
    private let active: Gauge
    private let opened: Counter
    private let received: Counter
    private let sent: Counter

    package init(registry: MetricRegistry) {
        self.registry = registry
        active = registry.gauge(.activeConnections)
        opened = registry.counter(.connectionsTotal)
        received = registry.counter(.bytesReceived)
        sent = registry.counter(.bytesSent)
    }

    func connectionOpened(on loop: LoopContext) {
        let shard = registry.shards[loop.index]
        shard.add(opened)
        shard.add(active, 1)
    }

    func connectionClosed(on loop: LoopContext) { registry.shards[loop.index].add(active, -1) }

    func bytesReceived(_ count: Int, on loop: LoopContext) { registry.shards[loop.index].add(received, count) }

    func bytesSent(_ count: Int, on loop: LoopContext) { registry.shards[loop.index].add(sent, count) }
}
