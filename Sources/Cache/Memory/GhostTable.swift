/// Remembers for a while which entries were evicted, by four bytes each.
///
/// A set-associative table: four places for each set, of which the one written longest ago is overwritten. An entry
/// counts until others of `window` units in all were evicted after it. Two entries are taken for the same once in
/// thousands of times, which costs a worse place in a queue.
struct GhostTable {
    /// How many steps of the clock a window has; the stamp's 16 bits hold 16 windows.
    private static var steps: Int { 4_096 }
    private static var places: Int { 4 }

    private let unitsPerStep: Int
    private var clock = 0
    /// Fingerprint above, stamp below; 0 is a free place.
    private var entries: ContiguousArray<UInt32>

    init(window: Int) {
        unitsPerStep = max(1, window / Self.steps)
        entries = ContiguousArray(repeating: 0, count: 64)
    }

    var capacity: Int { entries.count }

    /// Makes twice the places. An old set is copied to both that come of it: fingerprints still tell.
    mutating func grow() { entries.append(contentsOf: entries) }

    mutating func insert(_ hash: UInt32, units: UInt32) {
        clock += Int(units)
        let now = stamp
        let set = set(of: hash)
        var oldest = set
        var greatestAge = -1
        for place in set..<set + Self.places {
            guard entries[place] != 0 else {
                oldest = place
                break
            }
            let age = age(of: entries[place], at: now)
            if age > greatestAge { (oldest, greatestAge) = (place, age) }
        }
        entries[oldest] = fingerprint(of: hash) | UInt32(now)
    }

    /// Whether it was evicted lately; it is forgotten with the answer.
    mutating func take(_ hash: UInt32) -> Bool {
        let wanted = fingerprint(of: hash)
        let set = set(of: hash)
        for place in set..<set + Self.places where entries[place] & 0xffff_0000 == wanted {
            let isRecent = age(of: entries[place], at: stamp) <= Self.steps
            entries[place] = 0
            return isRecent
        }
        return false
    }

    private var stamp: UInt16 { UInt16(truncatingIfNeeded: clock / unitsPerStep) }

    private func age(of entry: UInt32, at now: UInt16) -> Int { Int(now &- UInt16(truncatingIfNeeded: entry)) }

    /// Sets are a power of two.
    private func set(of hash: UInt32) -> Int { Int(hash) & (entries.count / Self.places - 1) * Self.places }

    /// The uppermost 15 bits of a hash of 29, and one that makes it not 0.
    private func fingerprint(of hash: UInt32) -> UInt32 { (hash << 3) & 0xfffe_0000 | 0x0001_0000 }
}
