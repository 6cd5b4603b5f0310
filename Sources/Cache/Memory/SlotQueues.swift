/// Queues of numbered slots, linked through one array, so that a slot leaves any place of its queue at once.
///
/// A slot is in one queue at most. Sizes are counted in units that the owner chooses.
package struct SlotQueues {
    package struct Queue {
        fileprivate(set) package var first = SlotQueues.none
        fileprivate(set) package var last = SlotQueues.none
        /// Sum of the sizes of its slots.
        package var units = 0

        package init() {}

        package var isEmpty: Bool { first == SlotQueues.none }
    }

    /// What a slot carries beside its place.
    package struct Slot {
        fileprivate var before = SlotQueues.none
        fileprivate var behind = SlotQueues.none
        package var units: UInt32 = 0
        /// The owner's own.
        package var mark: UInt32 = 0
    }

    package static var none: UInt32 { .max }

    private var slots: ContiguousArray<Slot> = []

    package init() {}

    package var count: Int { slots.count }

    package subscript(_ slot: UInt32) -> Slot {
        get { slots[Int(slot)] }
        _modify { yield &slots[Int(slot)] }
    }

    /// Gives a slot, which is in no queue, its size and mark. Slots are taken in order: the number is at most `count`.
    package mutating func set(_ slot: UInt32, units: UInt32, mark: UInt32) {
        let new = Slot(units: units, mark: mark)
        guard Int(slot) == slots.count else {
            slots[Int(slot)] = new
            return
        }
        if slots.count == slots.capacity { slots.reserveCapacity(Growth.next(slots.count)) }
        slots.append(new)
    }

    package mutating func pushFirst(_ slot: UInt32, onto queue: inout Queue) {
        slots[Int(slot)].before = Self.none
        slots[Int(slot)].behind = queue.first
        if queue.first == Self.none {
            queue.last = slot
        } else {
            slots[Int(queue.first)].before = slot
        }
        queue.first = slot
        queue.units += Int(slots[Int(slot)].units)
    }

    package mutating func remove(_ slot: UInt32, from queue: inout Queue) {
        let old = slots[Int(slot)]
        if old.before == Self.none {
            queue.first = old.behind
        } else {
            slots[Int(old.before)].behind = old.behind
        }
        if old.behind == Self.none {
            queue.last = old.before
        } else {
            slots[Int(old.behind)].before = old.before
        }
        queue.units -= Int(old.units)
    }
}

/// How arrays of entries grow: by a quarter, since they are most of what an entry costs and are never shrunk.
enum Growth {
    static func next(_ count: Int) -> Int { count + count / 4 + 16 }
}
