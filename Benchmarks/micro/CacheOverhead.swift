import Cache

/// What an entry of the memory cache costs beside its bytes, as jemalloc counts it.
enum CacheOverhead {
    private static let count = 1_000_000
    /// Of a response's body and lines.
    private static let bytes = 1_024 + 256

    static func measure() throws -> [(name: String, title: String, bytes: Double)] {
        var responses: [StoredResponse] = []
        responses.reserveCapacity(count)
        let ledger = PurgeLedger()
        let ticket = ledger.take()
        let tier = MemoryTier(capacity: 8 << 30, largestItem: 1 << 20, ledger: ledger) { _ in }
        let start = try AllocationCount.bytes()
        for _ in 0..<count { responses.append(CachedObjects.response()) }
        let made = try AllocationCount.bytes()
        for (number, response) in responses.enumerated() {
            let key = CacheKey(space: 1, path: CachedObjects.path(number), keyStart: 8)
            guard tier.insert(response, for: key, ticket) else { throw Benchmark.Failure.operationFailed("overhead") }
        }
        let end = try AllocationCount.bytes()
        guard tier.usage(of: nil).items == count else { throw Benchmark.Failure.operationFailed("overhead") }
        let charged = Double(tier.usage(of: nil).bytes) / Double(count)
        return [
            ("cache-overhead", "an entry of the memory cache, beside the response", Double(end - made) / Double(count)),
            (
                "cache-overhead-all", "the same and the response, beside head and body",
                Double(end - start) / Double(count) - Double(bytes)
            ),
            ("cache-overhead-charged", "what it is charged, beside head and body", charged - Double(bytes)),
        ]
    }
}
