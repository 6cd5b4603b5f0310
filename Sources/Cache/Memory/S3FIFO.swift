/// Chooses what leaves a cache: S3-FIFO (Yang and others, SOSP 2023) over sizes.
///
/// New entries wait in a small queue, a tenth of all bytes; who is asked for meanwhile moves on into the main queue,
/// who is not leaves, and is remembered for a while: should it come back it goes to the main queue at once. So a scan
/// passes through the tenth. Within the main queue whoever was asked for gets another round for each time, three at
/// most. A hit writes a counter and moves nothing.
package struct S3FIFO {
    /// In the slot's mark: two bits of frequency, a bit for the queue, the rest is of the hash.
    private enum Mark {
        static var frequency: UInt32 { 0b011 }
        static var isMain: UInt32 { 0b100 }
        static var bits: UInt32 { 3 }
        static var hash: UInt32 { ~0 << bits }
    }

    /// So many entries at most get another round while one victim is looked for; bounds the time under a lock.
    private static var roundsAtMost: Int { 256 }

    private let smallUnits: Int
    private var slots = SlotQueues()
    private var small = SlotQueues.Queue()
    private var main = SlotQueues.Queue()
    private var ghosts: GhostTable

    package init(capacity: Int) {
        smallUnits = capacity / 10
        ghosts = GhostTable(window: capacity - smallUnits)
    }

    package var units: Int { small.units + main.units }

    /// Also that of a slot that has just left.
    package func size(of slot: UInt32) -> UInt32 { slots[slot].units }

    /// Takes a slot in. Numbers are given in order; a free one may be given again.
    package mutating func insert(_ slot: UInt32, units: UInt32, hash: UInt64) {
        let hash = UInt32(truncatingIfNeeded: hash >> 16) & Mark.hash
        if ghosts.take(hash >> Mark.bits) {
            slots.set(slot, units: units, mark: hash | Mark.isMain)
            slots.pushFirst(slot, onto: &main)
        } else {
            slots.set(slot, units: units, mark: hash)
            slots.pushFirst(slot, onto: &small)
        }
        if slots.count > ghosts.capacity { ghosts.grow() }
    }

    package mutating func touch(_ slot: UInt32) {
        if slots[slot].mark & Mark.frequency != Mark.frequency { slots[slot].mark += 1 }
    }

    package mutating func remove(_ slot: UInt32) {
        if slots[slot].mark & Mark.isMain != 0 {
            slots.remove(slot, from: &main)
        } else {
            slots.remove(slot, from: &small)
        }
    }

    /// The slot has another size from now on.
    package mutating func resize(_ slot: UInt32, units: UInt32) {
        let change = Int(units) - Int(slots[slot].units)
        slots[slot].units = units
        if slots[slot].mark & Mark.isMain != 0 { main.units += change } else { small.units += change }
    }

    /// Takes out the slot that is to leave; nil when there is none.
    package mutating func evict() -> UInt32? {
        var rounds = 0
        while true {
            if small.units > smallUnits || main.isEmpty {
                let slot = small.last
                guard slot != SlotQueues.none else { return nil }
                slots.remove(slot, from: &small)
                let mark = slots[slot].mark
                guard mark & Mark.frequency > 0 else {
                    ghosts.insert(mark >> Mark.bits, units: slots[slot].units)
                    return slot
                }
                slots[slot].mark = mark & Mark.hash | Mark.isMain
                slots.pushFirst(slot, onto: &main)
            } else {
                let slot = main.last
                slots.remove(slot, from: &main)
                guard slots[slot].mark & Mark.frequency > 0, rounds < Self.roundsAtMost else { return slot }
                slots[slot].mark -= 1
                slots.pushFirst(slot, onto: &main)
            }
            rounds += 1
        }
    }
}
