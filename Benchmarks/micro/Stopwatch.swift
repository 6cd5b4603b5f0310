import Glibc

/// Times an operation by the processor time of the calling thread.
enum Stopwatch {
    private static let batches = 25
    /// Of one batch, at the least.
    private static let nanoseconds = 4_000_000.0

    /// Nanoseconds for one call: the median of several batches.
    static func perCall(of operation: Benchmark.Operation) throws -> Double {
        var count = 1_000
        while try time(count, operation) < nanoseconds { count *= 2 }
        let times = try (0..<batches).map { _ in try time(count, operation) / Double(count) }.sorted()
        return times[batches / 2]
    }

    private static func time(_ count: Int, _ operation: Benchmark.Operation) throws -> Double {
        let start = now()
        let sum = repeated(count, operation)
        let end = now()
        guard sum != 0 else { throw Benchmark.Failure.operationFailed("timed") }
        return end - start
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
