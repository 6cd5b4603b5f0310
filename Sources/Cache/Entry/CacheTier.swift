import Network

/// One place where responses are kept. All tiers pass one contract suite.
///
/// Every call is made on a loop and resumes there; a tier never fails towards its caller: what it cannot do it counts,
/// and answers as if it had nothing.
package protocol CacheTier: AnyObject, Sendable {
    /// Whether a body of `length` bytes may be stored here at all.
    func takes(length: Int64) -> Bool
    /// What is stored under `key`, fresh or not.
    func response(for key: CacheKey, on loop: LoopContext) async -> StoredResponse?
    /// Stores a response whose body is in memory, unless a purge since `ticket` covers it. Answers whether it is
    /// stored.
    func store(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async -> Bool
    /// Renews the head of what is stored under `key`, if it still has the same body.
    func freshen(
        _ head: StoredHead, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async
    /// Removes what is stored under `key`.
    func remove(_ key: CacheKey, on loop: LoopContext) async
    /// Removes everything that `scope` covers and answers how many responses that were; when it returns they are gone.
    /// The scope stands in the ledger already.
    func purge(_ scope: PurgeScope, on loop: LoopContext) async -> Int
    /// What is stored in a space, or in all of them.
    func usage(of space: UInt32?) -> TierUsage
}

/// How much a tier holds.
package struct TierUsage: Sendable, Equatable {
    package var bytes: Int64
    package var items: Int

    package init(bytes: Int64 = 0, items: Int = 0) {
        self.bytes = bytes
        self.items = items
    }
}
