import NIOConcurrencyHelpers

/// Keeps responses in memory, within a bound of bytes, for all loops.
///
/// In shards, each behind a lock of its own that is held for a look-up, an insertion or a part of a sweep, never while
/// a body is copied or freed. All responses of one object are in one shard, so that its purge is a sweep of that one.
package final class MemoryTier: Sendable {
    /// A shard holds so many of the largest items at least, or there is only one: in smaller ones such an item would
    /// drive out most of its neighbours.
    private static var largestItemsPerShard: Int { 8 }
    private static var shardsAtMost: Int { 64 }
    /// Slots that a sweep looks at before others may have the lock.
    private static var slotsPerSweep: Int { 1_024 }

    private let largestItem: Int64
    /// In units of `MemoryShard`.
    private let shardCapacity: Int
    private let shards: [NIOLockedValueBox<MemoryShard>]
    /// A shard is chosen by as many upper bits of the hash; the lower ones are its index's.
    private let shift: UInt64
    private let ledger: PurgeLedger
    private let onEviction: @Sendable (TierUsage) -> Void

    /// `capacity` bounds all that is kept with all that it costs, `largestItem` a body's length, both in bytes.
    /// `onEviction` is told how many had to leave for others and what they took. It is called without a lock, by
    /// whoever stored.
    package init(
        capacity: Int, largestItem: Int, ledger: PurgeLedger, onEviction: @escaping @Sendable (TierUsage) -> Void
    ) {
        var count = 1
        while count < Self.shardsAtMost, capacity / (count * 2) >= Self.largestItemsPerShard * max(1, largestItem) {
            count *= 2
        }
        self.largestItem = Int64(min(largestItem, capacity / count))
        let share = capacity / count
        shardCapacity = share / MemoryShard.unit
        shards = (0..<count).map { _ in NIOLockedValueBox(MemoryShard(capacity: share)) }
        shift = UInt64(64 - count.trailingZeroBitCount)
        self.ledger = ledger
        self.onEviction = onEviction
    }

    package var shardCount: Int { shards.count }

    package func takes(length: Int64) -> Bool { length >= 0 && length <= largestItem }

    /// What is stored under `key`. A lock, a look-up and a reference more; no allocation.
    package func find(_ key: CacheKey) -> StoredResponse? {
        shard(of: key.stemHash).withLockedValue { $0.find(key) }
    }

    /// Stores a response whose body is in memory, unless a purge since `ticket` covers it or it is too large. Answers
    /// whether it is stored.
    package func insert(_ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket) -> Bool {
        guard case .file = response.body else { return insert(compact: response.compacted(), for: key, ticket) }
        return false
    }

    private func insert(
        compact response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket
    ) -> Bool {
        guard takes(length: Int64(response.bodyLength)) else { return false }
        let bytes = Array(key.storage[key.start...])
        let cost = MemoryShard.cost(of: response, keyLength: bytes.count)
        guard cost <= shardCapacity else { return false }
        return settle(key) { shard, leavers in
            guard ledger.admits(key, ticket) else { return false }
            guard shard.makeRoom(cost, for: key, &leavers) else { return nil }
            shard.insert(response, cost: cost, for: key, bytes: bytes, &leavers)
            return true
        }
    }

    /// Renews the head of what is stored under `key`, if it still has the same body and no purge since `ticket` covers
    /// it. Answers whether it did.
    package func freshen(_ head: StoredHead, for key: CacheKey, _ ticket: PurgeLedger.Ticket) -> Bool {
        let head = head.compacted()
        while let old = shard(of: key.stemHash).withLockedValue({ $0.peek(key) }) {
            guard old.head.hasSameBody(as: head) else { return false }
            let new = StoredResponse(head, old.body)
            let cost = MemoryShard.cost(of: new, keyLength: key.length)
            guard cost <= shardCapacity else { return false }
            let isStored = settle(key) { shard, leavers in
                guard ledger.admits(key, ticket) else { return false }
                guard shard.makeRoom(cost, for: key, &leavers) else { return nil }
                guard shard.peek(key) === old else { return false }
                shard.insert(new, cost: cost, for: key, bytes: [], &leavers)
                return true
            }
            if isStored || !ledger.admits(key, ticket) { return isStored }
        }
        return false
    }

    package func remove(_ key: CacheKey) {
        // Let go when the lock is open again.
        let removed = shard(of: key.stemHash).withLockedValue { $0.remove(key) }
        withExtendedLifetime(removed) {}
    }

    /// Removes everything that `scope`, which stands in the ledger already, covers, and answers how many responses
    /// those were.
    package func purge(_ scope: PurgeScope) -> Int {
        var sweep = Sweep(scope)
        var count = 0
        while let removed = advance(&sweep) { count += removed }
        return count
    }

    /// What is stored in a space, or in all of them, with all that it costs.
    package func usage(of space: UInt32?) -> TierUsage {
        shards.reduce(into: TierUsage()) { sum, shard in
            let part = shard.withLockedValue { $0.usage(of: space) }
            sum.bytes += part.bytes
            sum.items += part.items
        }
    }

    private func shard(of stemHash: UInt64) -> NIOLockedValueBox<MemoryShard> { shards[Int(stemHash >> shift)] }

    /// Lets `change` try until it does not give nil for want of room, and lets go in between of what had to leave.
    private func settle(
        _ key: CacheKey, _ change: (inout MemoryShard, inout MemoryShard.Leavers) -> Bool?
    ) -> Bool {
        var evicted = TierUsage()
        var outcome: Bool?
        repeat {
            var leavers = MemoryShard.Leavers()
            outcome = shard(of: key.stemHash).withLockedValue { change(&$0, &leavers) }
            evicted.bytes += leavers.evicted.bytes
            evicted.items += leavers.evicted.items
        } while outcome == nil
        if evicted.items > 0 { onEviction(evicted) }
        return outcome ?? false
    }
}

extension MemoryTier {
    /// How far a purge has come.
    struct Sweep {
        let scope: PurgeScope
        /// The hash of the one object that it covers.
        let stemHash: UInt64?
        var shard = 0
        var slot = 0

        init(_ scope: PurgeScope) {
            self.scope = scope
            stemHash =
                if case .object(let space, let stem) = scope {
                    CacheKey(space: space, path: stem, keyStart: 0).stemHash
                } else { nil }
        }
    }

    /// Sweeps some slots and answers how many responses were removed; nil when the sweep is through.
    ///
    /// What is stored meanwhile behind the sweep's back was asked for after the purge: the ledger refuses the rest.
    func advance(_ sweep: inout Sweep) -> Int? {
        let reach = sweep.stemHash.map { self.shards[Int($0 >> shift)...].prefix(1) } ?? self.shards[...]
        guard sweep.shard < reach.count else { return nil }
        let range = sweep.slot..<sweep.slot + Self.slotsPerSweep
        let (removed, slots) = reach[reach.startIndex + sweep.shard].withLockedValue { shard in
            (shard.purge(sweep.scope, stem: sweep.stemHash.map(EntryTable.stem), range), shard.slots)
        }
        if range.upperBound < slots {
            sweep.slot = range.upperBound
        } else {
            (sweep.shard, sweep.slot) = (sweep.shard + 1, 0)
        }
        return removed.count
    }
}
