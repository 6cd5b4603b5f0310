import Cache

/// W-TinyLFU (Einziger, Friedman, Manes, 2017): a window, behind it a segmented LRU that admits what is asked for more
/// often than what would have to leave, as a sketch of frequencies has it.
struct WTinyLFU: Policy {
    private enum Segment {
        static let window: UInt32 = 0
        static let probation: UInt32 = 1
        static let protected: UInt32 = 2
        static let candidates: UInt32 = 3
    }

    private let windowUnits: Int
    private let protectedUnits: Int
    private var slots = SlotQueues()
    private var hashes: [UInt64] = []
    private var window = SlotQueues.Queue()
    private var probation = SlotQueues.Queue()
    private var protected = SlotQueues.Queue()
    private var sketch: FrequencySketch
    /// What left the window and is not admitted yet.
    private var candidates = SlotQueues.Queue()

    static var evictsAfterInsertion: Bool { true }

    init(capacity: Int, entries: Int) { self.init(capacity: capacity, entries: entries, windowPercent: 1) }

    init(capacity: Int, entries: Int, windowPercent: Int) {
        windowUnits = capacity * windowPercent / 100
        protectedUnits = (capacity - windowUnits) * 8 / 10
        sketch = FrequencySketch(entries: entries)
    }

    var units: Int { window.units + candidates.units + probation.units + protected.units }

    mutating func insert(_ slot: UInt32, units: UInt32, hash: UInt64) {
        sketch.count(hash)
        // Whoever is left of the contest is admitted.
        while !candidates.isEmpty { move(candidates.last, to: Segment.probation) }
        slots.set(slot, units: units, mark: Segment.window)
        if Int(slot) == hashes.count { hashes.append(hash) } else { hashes[Int(slot)] = hash }
        slots.pushFirst(slot, onto: &window)
        while window.units > windowUnits { move(window.last, to: Segment.candidates) }
    }

    mutating func touch(_ slot: UInt32) {
        sketch.count(hashes[Int(slot)])
        switch slots[slot].mark {
        case Segment.window: move(slot, to: Segment.window)
        default:
            move(slot, to: Segment.protected)
            while protected.units > protectedUnits { move(protected.last, to: Segment.probation) }
        }
    }

    mutating func evict() -> UInt32? {
        let victim = probation.isEmpty ? protected.last : probation.last
        guard !candidates.isEmpty else {
            let loser = victim == SlotQueues.none ? window.last : victim
            guard loser != SlotQueues.none else { return nil }
            take(loser)
            return loser
        }
        let candidate = candidates.last
        let wins =
            victim != SlotQueues.none
            && sketch.frequency(hashes[Int(candidate)]) > sketch.frequency(hashes[Int(victim)])
        take(wins ? victim : candidate)
        return wins ? victim : candidate
    }

    private mutating func move(_ slot: UInt32, to segment: UInt32) {
        take(slot)
        slots[slot].mark = segment
        switch segment {
        case Segment.window: slots.pushFirst(slot, onto: &window)
        case Segment.candidates: slots.pushFirst(slot, onto: &candidates)
        case Segment.probation: slots.pushFirst(slot, onto: &probation)
        default: slots.pushFirst(slot, onto: &protected)
        }
    }

    private mutating func take(_ slot: UInt32) {
        switch slots[slot].mark {
        case Segment.window: slots.remove(slot, from: &window)
        case Segment.candidates: slots.remove(slot, from: &candidates)
        case Segment.probation: slots.remove(slot, from: &probation)
        default: slots.remove(slot, from: &protected)
        }
    }
}

/// The same with a window of a tenth.
struct WTinyLFUWide: Policy {
    private var base: WTinyLFU

    static var evictsAfterInsertion: Bool { true }

    init(capacity: Int, entries: Int) { base = WTinyLFU(capacity: capacity, entries: entries, windowPercent: 10) }

    var units: Int { base.units }
    mutating func insert(_ slot: UInt32, units: UInt32, hash: UInt64) { base.insert(slot, units: units, hash: hash) }
    mutating func touch(_ slot: UInt32) { base.touch(slot) }
    mutating func evict() -> UInt32? { base.evict() }
}

/// Counts roughly how often each hash was seen lately: a count-min sketch of four rows with four bits a counter, halved
/// after ten counts for each entry.
struct FrequencySketch {
    private let mask: UInt64
    private let sample: Int
    private var seen = 0
    /// Sixteen counters in a word, four of each row.
    private var words: [UInt64]

    init(entries: Int) {
        var size = 64
        while size < entries { size *= 2 }
        mask = UInt64(size - 1)
        sample = 10 * entries
        words = Array(repeating: 0, count: size)
    }

    mutating func count(_ hash: UInt64) {
        var isNew = false
        for row in 0..<4 {
            let (word, shift) = place(hash, row)
            guard (words[word] >> shift) & 15 < 15 else { continue }
            words[word] += 1 << shift
            isNew = true
        }
        guard isNew else { return }
        seen += 1
        guard seen >= sample else { return }
        for index in words.indices { words[index] = (words[index] >> 1) & 0x7777_7777_7777_7777 }
        seen /= 2
    }

    func frequency(_ hash: UInt64) -> UInt64 {
        var least: UInt64 = 15
        for row in 0..<4 {
            let (word, shift) = place(hash, row)
            least = min(least, (words[word] >> shift) & 15)
        }
        return least
    }

    private func place(_ hash: UInt64, _ row: Int) -> (word: Int, shift: UInt64) {
        var mixed = (hash &+ UInt64(row) &* 0x9e37_79b9_7f4a_7c15) &* 0xbf58_476d_1ce4_e5b9
        mixed ^= mixed >> 31
        return (Int(mixed & mask), (UInt64(row) * 4 + (mixed >> 60) & 3) * 4)
    }
}
