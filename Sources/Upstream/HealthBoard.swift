import NIOCore
import Synchronization
import Telemetry

/// What is known of each bucket's origin, for `/ready`: written by probes and by the requests themselves. Shared by all
/// loops.
package final class HealthBoard: Sendable {
    package enum Health: UInt8, Sendable {
        /// Not asked yet.
        case unknown
        case healthy
        case unhealthy
    }

    /// One bucket's line.
    package final class Entry: Sendable {
        package let bucket: String
        private struct State {
            var knownAt: NIODeadline?
            var isProbing = false
        }
        private let state = Mutex(State())
        private let current = Atomic<UInt8>(Health.unknown.rawValue)
        private let gauge: Gauge
        private let shard: SharedMetricShard

        init(bucket: String, registry: MetricRegistry) {
            self.bucket = bucket
            gauge = registry.gauge(.backendHealth, labels: [bucket])
            shard = registry.shared
        }

        package var health: Health { Health(rawValue: current.load(ordering: .relaxed)) ?? .unknown }

        /// A request got an answer from the origin. Asked for every request, so it does as little as it can.
        func succeeded() {
            if health != .healthy { set(.healthy) }
        }

        /// A request could not reach the origin.
        func failed() {
            if health != .unhealthy { set(.unhealthy) }
        }

        func set(_ health: Health) {
            current.store(health.rawValue, ordering: .relaxed)
            state.withLock { $0.knownAt = .now() }
            shard.set(gauge, health == .healthy ? 1 : 0)
        }

        /// Takes the right to probe when what is known is older than `age` and nobody probes now.
        func beginProbe(olderThan age: TimeAmount) -> Bool {
            state.withLock { state in
                if state.isProbing { return false }
                if let knownAt = state.knownAt, knownAt + age > .now() { return false }
                state.isProbing = true
                return true
            }
        }

        func endProbe(_ health: Health) {
            set(health)
            state.withLock { $0.isProbing = false }
        }
    }

    package let entries: [Entry]

    package init(buckets: [String], registry: MetricRegistry) {
        entries = buckets.map { Entry(bucket: $0, registry: registry) }
    }
}
