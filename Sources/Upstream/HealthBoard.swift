import NIOConcurrencyHelpers
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
        private let state = NIOLockedValueBox(State())
        private let current = Atomic<UInt8>(Health.unknown.rawValue)
        private let gauge: Gauge
        private let shard: SharedMetricShard
        private let log: Log?

        init(bucket: String, registry: MetricRegistry, log: Log?) {
            self.bucket = bucket
            self.log = log
            gauge = registry.gauge(.backendHealth, labels: [bucket])
            shard = registry.shared
        }

        package var health: Health { Health(rawValue: current.load(ordering: .relaxed)) ?? .unknown }

        /// A request got an answer from the origin. Asked for every request, so it does as little as it can.
        func succeeded() {
            if health != .healthy { set(.healthy) }
        }

        /// A request could not reach the origin, and why.
        func failed(_ reason: String) {
            if health != .unhealthy { set(.unhealthy, reason) }
        }

        /// Notes what is known now; a change is logged, whoever found it.
        func set(_ health: Health, _ reason: String = "") {
            let before = current.exchange(health.rawValue, ordering: .relaxed)
            state.withLockedValue { $0.knownAt = .now() }
            shard.set(gauge, health == .healthy ? 1 : 0)
            guard before != health.rawValue else { return }
            if health == .healthy {
                log?.info("origin is ready", ["bucket": .string(bucket)])
            } else {
                log?.warn("origin is not ready", ["bucket": .string(bucket), "reason": .string(reason)])
            }
        }

        /// Takes the right to probe when what is known is older than `age` and nobody probes now.
        func beginProbe(olderThan age: TimeAmount) -> Bool {
            state.withLockedValue { state in
                if state.isProbing { return false }
                if let knownAt = state.knownAt, knownAt + age > .now() { return false }
                state.isProbing = true
                return true
            }
        }

        func endProbe(_ health: Health, _ reason: String = "") {
            set(health, reason)
            state.withLockedValue { $0.isProbing = false }
        }
    }

    package let entries: [Entry]

    package init(buckets: [String], registry: MetricRegistry, log: Log? = nil) {
        entries = buckets.map { Entry(bucket: $0, registry: registry, log: log) }
    }
}
