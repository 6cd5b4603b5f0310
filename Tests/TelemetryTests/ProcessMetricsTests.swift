import Glibc
import NIOCore
import Testing

@testable import Telemetry

@Suite struct ProcessMetricsTests {
    @Test("OBS-2: the process' figures are those of this process")
    func figures() throws {
        let output = try LogOutput(descriptor: -1)
        output.enqueue(.init(string: "lost\n"), lines: 1)
        #expect(output.close(within: .seconds(10)))
        let registry = MetricRegistry(loops: 1)
        registry.collectProcess(output: output)
        let scraped = try scrape(registry)
        #expect(try #require(scraped.value("memory_usage_bytes")) > 1_048_576)
        #expect(try #require(scraped.value("process_cpu_seconds_total")) > 0)
        var now = timespec()
        #expect(unsafe clock_gettime(CLOCK_REALTIME, &now) == 0)
        let uptime = try #require(scraped.value("uptime_seconds"))
        let start = try #require(scraped.value("process_start_time_seconds"))
        #expect(uptime > 0 && uptime < 3_600)
        #expect(abs(start + uptime - Double(now.tv_sec)) < 5)
        #expect(try #require(scraped.value("process_max_fds")) >= 64)
        #expect(scraped.value("yatagarasu_log_lines_dropped_total") == 1)
        #if Jemalloc
        let allocated = try #require(scraped.value("yatagarasu_memory_allocated_bytes"))
        #expect(allocated > 0)
        #expect(try #require(scraped.value("yatagarasu_memory_resident_bytes")) >= allocated)
        #expect(try #require(scraped.value("yatagarasu_memory_mapped_bytes")) >= allocated)
        #endif
    }

    @Test("OBS-2: open descriptors are counted")
    func descriptors() throws {
        // other tests open and close descriptors at the same time, so many are opened at once
        let before = try #require(ProcessMetrics.openDescriptors)
        let opened = (0..<200).map { _ in unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let during = try #require(ProcessMetrics.openDescriptors)
        for descriptor in opened { #expect(close(descriptor) == 0) }
        #expect(abs(during - before - 200) < 50)
    }

    #if Jemalloc
    @Test("OBS-2: the allocator's figures move with what is allocated")
    func allocator() throws {
        func allocated() throws -> Double {
            var samples = MetricSamples()
            AllocatorMetrics.collect(into: &samples)
            return try #require(samples.values[.memoryAllocated])
        }
        // other tests allocate and free at the same time, seldom as much as this
        let isSeen = try (0..<20).contains { _ in
            let before = try allocated()
            let block = [UInt8](repeating: 7, count: 64 << 20)
            let during = try allocated()
            return block.count == 64 << 20 && during - before > Double(32 << 20)
        }
        #expect(isSeen)
    }
    #endif
}
