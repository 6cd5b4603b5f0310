import NIOCore
import Telemetry
import Testing

@testable import Upstream

@Suite struct HealthBoardTests {
    private let registry = MetricRegistry(loops: 1, cellsPerShard: 1_024)

    @Test("OBS-3: a bucket's state follows probes and requests, and is a gauge")
    func states() {
        let board = HealthBoard(buckets: ["a", "b"], registry: registry)
        let (entry, other) = (board.entries[0], board.entries[1])
        let gauge = registry.gauge(.backendHealth, labels: ["a"])
        #expect(entry.bucket == "a" && entry.health == .unknown && registry.total(gauge) == 0)
        entry.succeeded()
        #expect(entry.health == .healthy && registry.total(gauge) == 1)
        entry.failed("refused")
        #expect(entry.health == .unhealthy && registry.total(gauge) == 0)
        entry.endProbe(.healthy)
        #expect(entry.health == .healthy && registry.total(gauge) == 1)
        #expect(other.health == .unknown)
    }

    @Test("OBS-3: one probe at a time, and none while the answer is fresh")
    func probes() {
        let entry = HealthBoard(buckets: ["a"], registry: registry).entries[0]
        #expect(entry.beginProbe(olderThan: .seconds(100)), "nothing is known yet")
        #expect(!entry.beginProbe(olderThan: .nanoseconds(0)), "somebody probes")
        entry.endProbe(.unhealthy)
        #expect(!entry.beginProbe(olderThan: .seconds(100)), "known of late")
        #expect(entry.beginProbe(olderThan: .nanoseconds(0)))
        entry.endProbe(.healthy)
        #expect(entry.health == .healthy)
    }
}
