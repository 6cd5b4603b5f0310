import CJemalloc
import Glibc

/// Counts the allocations of an operation, all threads' together, to the last one.
///
/// jemalloc's arenas count what they hand out (jemalloc(3), `stats.arenas.<i>.{small,large}.nmalloc`). A thread's cache
/// takes from them by the dozen, so the calling thread does without it while it counts.
enum AllocationCount {
    /// How many an operation makes on average over `count` calls.
    static func perCall(_ count: Int, of operation: Benchmark.Operation) throws -> Double {
        try useThreadCache(false)
        defer { try? useThreadCache(true) }
        let before = try total()
        let sum = repeated(count, operation)
        let after = try total()
        guard sum != 0 else { throw Benchmark.Failure.operationFailed("counted") }
        return Double(after - before) / Double(count)
    }

    /// Lets an operation be counted that makes four, of sizes of both kinds, and one that makes none.
    static func check() throws {
        let sizes = [16, 300, 9_000, 200_000]
        let four: Benchmark.Operation = { number in
            var sum = 1
            for size in sizes {
                let memory = unsafe malloc(size &+ number & 7)
                sum &+= Int(bitPattern: memory) & 1
                unsafe free(memory)
            }
            return sum
        }
        for (operation, expected) in [(four, 4.0), ({ $0 | 1 }, 0.0)] {
            let found = try perCall(1_000, of: operation)
            guard found == expected else { throw Benchmark.Failure.wrongCount(expected: expected, found: found) }
        }
    }

    /// Bytes that are allocated now, each piece as it is rounded.
    static func bytes() throws -> Int {
        try renew()
        return Int(try read("stats.allocated"))
    }

    private static func useThreadCache(_ isUsed: Bool) throws {
        var isUsed = isUsed
        guard unsafe mallctl("thread.tcache.enabled", nil, nil, &isUsed, MemoryLayout<Bool>.size) == 0 else {
            throw Benchmark.Failure.noStatistics
        }
    }

    /// Since the program's start, of all arenas, whose number is 4096 (`MALLCTL_ARENAS_ALL`). Statistics are a snapshot
    /// that is taken when the epoch is written. Makes no allocation itself, so literals are lent as they are.
    private static func total() throws -> UInt64 {
        try renew()
        return try read("stats.arenas.4096.small.nmalloc") + read("stats.arenas.4096.large.nmalloc")
    }

    private static func renew() throws {
        var epoch: UInt64 = 1
        let status = unsafe "epoch".withCString { unsafe mallctl($0, nil, nil, &epoch, MemoryLayout<UInt64>.size) }
        guard status == 0 else { throw Benchmark.Failure.noStatistics }
    }

    private static func read(_ name: String) throws -> UInt64 {
        var value: UInt64 = 0
        var size = MemoryLayout<UInt64>.size
        let status = unsafe name.withCString { unsafe mallctl($0, &value, &size, nil, 0) }
        guard status == 0 else { throw Benchmark.Failure.noStatistics }
        return value
    }
}
