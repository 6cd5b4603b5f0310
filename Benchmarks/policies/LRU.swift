import Cache

/// Evicts what nobody asked for the longest: the yardstick.
struct LRU: Policy {
    private var slots = SlotQueues()
    private var queue = SlotQueues.Queue()

    init(capacity: Int, entries: Int) {}

    var units: Int { queue.units }

    mutating func insert(_ slot: UInt32, units: UInt32, hash: UInt64) {
        slots.set(slot, units: units, mark: 0)
        slots.pushFirst(slot, onto: &queue)
    }

    mutating func touch(_ slot: UInt32) {
        slots.remove(slot, from: &queue)
        slots.pushFirst(slot, onto: &queue)
    }

    mutating func evict() -> UInt32? {
        guard !queue.isEmpty else { return nil }
        let slot = queue.last
        slots.remove(slot, from: &queue)
        return slot
    }
}
