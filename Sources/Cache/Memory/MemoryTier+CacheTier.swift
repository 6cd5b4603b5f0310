import Network

extension MemoryTier: CacheTier {
    package func response(for key: CacheKey, on loop: LoopContext) async -> StoredResponse? { find(key) }

    package func store(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async -> Bool { insert(response, for: key, ticket) }

    package func freshen(
        _ head: StoredHead, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async { _ = freshen(head, for: key, ticket) }

    package func remove(_ key: CacheKey, on loop: LoopContext) async { remove(key) }

    /// Lets the loop do other work between parts of the sweep.
    package func purge(_ scope: PurgeScope, on loop: LoopContext) async -> Int {
        var sweep = Sweep(scope)
        var count = 0
        while let removed = advance(&sweep) {
            count += removed
            await Task.yield()
        }
        return count
    }
}
