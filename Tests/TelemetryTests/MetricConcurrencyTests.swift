import NIOCore
import Testing

@testable import Telemetry

@Suite struct MetricConcurrencyTests {
    static let rounds = 20_000

    @Test("OBS-2: totals are exact when loops, other threads and scrapes run at once")
    func hammering() async throws {
        let registry = MetricRegistry(loops: 3)
        let requests = registry.counter(.httpRequestsTotal)
        let statuses = registry.counter(.requestsByStatus)
        let inFlight = registry.gauge(.requestsInFlight)
        let durations = registry.histogram(.requestDuration)
        await withTaskGroup(of: Void.self) { group in
            for shard in registry.shards {
                group.addTask {
                    for round in 0..<Self.rounds {
                        shard.add(inFlight, 1)
                        shard.add(requests)
                        shard.add(statuses, at: 200 + round % 2)
                        shard.observe(durations, nanoseconds: Int64(round))
                        shard.add(inFlight, -1)
                    }
                }
            }
            for worker in 0..<2 {
                group.addTask {
                    for round in 0..<Self.rounds {
                        registry.shared.add(requests)
                        registry.shared.observe(durations, nanoseconds: Int64(round))
                        if round % 1_000 == 0 {
                            registry.shared.add(
                                registry.counter(.requestsByBucket, labels: ["\(worker)-\(round)"]))
                        }
                    }
                }
            }
            group.addTask {
                var last = 0.0
                for _ in 0..<50 {
                    let now = try? scrape(registry).value("http_requests_total") ?? 0
                    #expect((now ?? -1) >= last)
                    last = now ?? last
                }
            }
        }
        let all = UInt64(Self.rounds)
        #expect(registry.total(requests) == 5 * all)
        #expect(registry.total(statuses, at: 200) == 3 * all / 2)
        #expect(registry.total(statuses, at: 201) == 3 * all / 2)
        #expect(registry.total(inFlight) == 0)
        #expect(registry.count(durations) == 5 * all)
        let scraped = try scrape(registry)
        #expect(scraped.value("http_request_duration_seconds_sum") == Double(5 * all * (all - 1) / 2) / 1e9)
        #expect(scraped.samples.count { $0.name == "http_requests_by_bucket_total" } == 2 * Self.rounds / 1_000)
    }

    @Test("OBS-2: the shared gauge is what was set last")
    func setGauge() throws {
        let registry = MetricRegistry(loops: 1)
        let health = registry.gauge(.backendHealth, labels: ["products"])
        registry.shared.set(health, 1)
        registry.shared.set(health, 0)
        #expect(try scrape(registry).value("backend_health", ["bucket": "products"]) == 0)
        registry.shared.set(health, -3)
        #expect(registry.total(health) == -3)
    }
}
