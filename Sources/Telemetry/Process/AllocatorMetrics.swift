#if Jemalloc
import CJemalloc

/// What jemalloc says about its memory (jemalloc(3), `stats.*`); absent where another allocator is linked.
package enum AllocatorMetrics {
    package static func collect(into samples: inout MetricSamples) {
        guard refresh() else { return }
        if let bytes = read("stats.allocated") { samples.set(.memoryAllocated, Double(bytes)) }
        if let bytes = read("stats.resident") { samples.set(.memoryResident, Double(bytes)) }
        if let bytes = read("stats.mapped") { samples.set(.memoryMapped, Double(bytes)) }
    }

    /// Statistics are a snapshot that is taken when the epoch is written.
    private static func refresh() -> Bool {
        var epoch: UInt64 = 1
        return unsafe mallctl("epoch", nil, nil, &epoch, MemoryLayout<UInt64>.size) == 0
    }

    private static func read(_ name: String) -> Int? {
        var value = 0
        var size = MemoryLayout<Int>.size
        guard unsafe mallctl(name, &value, &size, nil, 0) == 0 else { return nil }
        return value
    }
}
#endif
