/// A part of the memory tier, to be kept behind a lock: entries, the order in which they leave, and what they cost.
///
/// Nothing that may be great is freed here: what leaves is handed out, to be let go when the lock is open again.
struct MemoryShard {
    /// What leaves the shard in one go.
    struct Leavers {
        static var most: Int { 16 }

        private var responses = InlineArray<16, StoredResponse?>(repeating: nil)
        private(set) var count = 0
        /// Those that had to make room, and what they cost.
        private(set) var evicted = TierUsage()

        fileprivate mutating func add(_ response: StoredResponse?) {
            responses[count] = response
            count += 1
        }

        fileprivate mutating func addEvicted(_ response: StoredResponse?, bytes: Int) {
            add(response)
            evicted.bytes += Int64(bytes)
            evicted.items += 1
        }
    }

    /// Costs are counted in units of what an allocation is rounded to.
    static var unit: Int { 16 }
    /// What an entry takes in tables: 32 bytes of the entry, 16 of the queue, 8 of the index at up to three quarters of
    /// its places, 4 of the ghosts, and what those arrays have in reserve.
    private static var tableShare: Int { 96 }
    private static var keyHeader: Int { 32 }

    let capacity: Int
    private var table = EntryTable()
    private var policy: S3FIFO
    private var spaces: [UInt32: TierUsage] = [:]

    init(capacity: Int) {
        self.capacity = capacity / Self.unit
        policy = S3FIFO(capacity: capacity / Self.unit)
    }

    /// In units.
    static func cost(of response: StoredResponse, keyLength: Int) -> Int {
        (response.residentCost + AllocationSize.rounded(keyHeader + keyLength) + tableShare + unit - 1) / unit
    }

    mutating func find(_ key: CacheKey) -> StoredResponse? {
        guard let slot = table.find(key) else { return nil }
        policy.touch(slot)
        return table.response(at: slot)
    }

    /// What is there, without a sign that somebody asked for it.
    func peek(_ key: CacheKey) -> StoredResponse? { table.find(key).flatMap(table.response(at:)) }

    /// Evicts until `cost` units more find room beside what `key` has, or `leavers` takes only one more.
    mutating func makeRoom(_ cost: Int, for key: CacheKey, _ leavers: inout Leavers) -> Bool {
        while true {
            let own = table.find(key).map { Int(policy.size(of: $0)) } ?? 0
            var excess = policy.units - own + cost - capacity
            while excess > 0 {
                guard leavers.count < Leavers.most - 1, let slot = policy.evict() else { return false }
                let size = Int(policy.size(of: slot))
                let entry = release(slot, units: size)
                leavers.addEvicted(entry.response, bytes: size * Self.unit)
                if entry.hash == key.hash { break }
                excess -= size
            }
            if excess <= 0 { return true }
        }
    }

    /// Stores what there is room for.
    mutating func insert(
        _ response: StoredResponse, cost: Int, for key: CacheKey, bytes: [UInt8], _ leavers: inout Leavers
    ) {
        if let slot = table.find(key) {
            leavers.add(replace(slot, by: response, cost: cost))
            return
        }
        let slot = table.insert(response, key, bytes: bytes)
        policy.insert(slot, units: UInt32(truncatingIfNeeded: cost), hash: key.hash)
        spaces[key.space, default: TierUsage()].bytes += Int64(cost * Self.unit)
        spaces[key.space, default: TierUsage()].items += 1
    }

    mutating func remove(_ key: CacheKey) -> StoredResponse? {
        guard let slot = table.find(key) else { return nil }
        policy.remove(slot)
        return release(slot, units: Int(policy.size(of: slot))).response
    }

    /// Slots that there are, taken or free: a sweep goes through all of them.
    var slots: Int { table.slots }

    /// Removes what `scope` covers among the slots of a range, as far as there are such.
    mutating func purge(_ scope: PurgeScope, stem: UInt32?, _ range: Range<Int>) -> [StoredResponse] {
        var removed: [StoredResponse] = []
        for slot in range.clamped(to: 0..<table.slots) {
            let slot = UInt32(slot)
            guard table.matches(slot, scope, stem: stem) else { continue }
            policy.remove(slot)
            if let response = release(slot, units: Int(policy.size(of: slot))).response { removed.append(response) }
        }
        return removed
    }

    func usage(of space: UInt32?) -> TierUsage {
        guard let space else { return TierUsage(bytes: Int64(policy.units * Self.unit), items: table.count) }
        return spaces[space] ?? TierUsage()
    }

    private mutating func replace(_ slot: UInt32, by response: StoredResponse, cost: Int) -> StoredResponse? {
        let change = cost - Int(policy.size(of: slot))
        policy.resize(slot, units: UInt32(truncatingIfNeeded: cost))
        spaces[table.space(of: slot), default: TierUsage()].bytes += Int64(change * Self.unit)
        return table.replace(slot, by: response)
    }

    /// Takes a slot that is in no queue any more out of table and usage.
    private mutating func release(_ slot: UInt32, units: Int) -> EntryTable.Entry {
        let entry = table.remove(slot)
        var usage = spaces[entry.space] ?? TierUsage()
        usage.bytes -= Int64(units * Self.unit)
        usage.items -= 1
        spaces[entry.space] = usage.items > 0 ? usage : nil
        return entry
    }
}
