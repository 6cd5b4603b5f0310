import Glibc

/// Entries of a shard, found by their key: an array of numbered slots and an open-addressing index over it.
///
/// The index has a word for each place, the slot below and half of the hash above, so that other keys are passed over
/// without a look at them. A slot's number stays the same as long as its entry is there.
struct EntryTable {
    struct Entry {
        /// Nil in a free slot.
        var response: StoredResponse?
        /// Of its own, without spare room.
        var key: [UInt8]
        var hash: UInt64
        /// In a free slot the next free one.
        var space: UInt32
        /// Half of the hash that all responses of an object share.
        var stem: UInt32
    }

    private static var noSlot: UInt32 { .max }

    private var entries: ContiguousArray<Entry> = []
    private var free = Self.noSlot
    /// A power of two of places, at most three quarters of them taken. 0 is an empty place.
    private var index = ContiguousArray<UInt64>(repeating: 0, count: 16)
    private(set) var count = 0

    /// Slots that there are, taken or free.
    var slots: Int { entries.count }

    func space(of slot: UInt32) -> UInt32 { entries[Int(slot)].space }

    /// Whether a slot is taken by what `scope` covers; `stem` is that of the only object that it covers.
    func matches(_ slot: UInt32, _ scope: PurgeScope, stem: UInt32?) -> Bool {
        guard entries[Int(slot)].response != nil, stem == nil || entries[Int(slot)].stem == stem else { return false }
        let key = entries[Int(slot)].key
        return scope.covers(space: entries[Int(slot)].space, key: key.span)
    }

    func response(at slot: UInt32) -> StoredResponse? { entries[Int(slot)].response }

    func find(_ key: CacheKey) -> UInt32? {
        var place = home(of: key.hash)
        while true {
            let word = index[place]
            if word == 0 { return nil }
            if word >> 32 == key.hash >> 32 {
                let slot = Self.slot(of: word)
                if isEntry(slot, of: key) { return slot }
            }
            place = next(place)
        }
    }

    /// Replaces the response of a taken slot and gives the old one.
    mutating func replace(_ slot: UInt32, by response: StoredResponse) -> StoredResponse? {
        let old = entries[Int(slot)].response
        entries[Int(slot)].response = response
        return old
    }

    /// Adds what is not there yet, and gives its slot.
    mutating func insert(_ response: StoredResponse, _ key: CacheKey, bytes: [UInt8]) -> UInt32 {
        if (count + 1) * 4 > index.count * 3 { growIndex() }
        let entry = Entry(
            response: response, key: bytes, hash: key.hash, space: key.space, stem: Self.stem(of: key.stemHash))
        let slot: UInt32
        if free == Self.noSlot {
            slot = UInt32(entries.count)
            if entries.count == entries.capacity { entries.reserveCapacity(Growth.next(entries.count)) }
            entries.append(entry)
        } else {
            slot = free
            free = entries[Int(slot)].space
            entries[Int(slot)] = entry
        }
        place(slot, key.hash)
        count += 1
        return slot
    }

    /// Takes out a taken slot's entry.
    mutating func remove(_ slot: UInt32) -> Entry {
        var hole = home(of: entries[Int(slot)].hash)
        while index[hole] == 0 || Self.slot(of: index[hole]) != slot { hole = next(hole) }
        // What follows moves up unless it stands between its home and the hole already (Knuth, TAOCP 3, 6.4 R).
        var place = next(hole)
        while index[place] != 0 {
            let home = home(of: entries[Int(Self.slot(of: index[place]))].hash)
            if (place &- home) & mask >= (place &- hole) & mask {
                index[hole] = index[place]
                hole = place
            }
            place = next(place)
        }
        index[hole] = 0
        count -= 1
        let old = entries[Int(slot)]
        entries[Int(slot)] = Entry(response: nil, key: [], hash: 0, space: free, stem: 0)
        free = slot
        return old
    }

    static func stem(of hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }

    private var mask: Int { index.count - 1 }

    private func next(_ place: Int) -> Int { (place + 1) & mask }

    private func home(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }

    private static func slot(of word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) &- 1 }

    private func isEntry(_ slot: UInt32, of key: CacheKey) -> Bool {
        let hash = entries[Int(slot)].hash
        let space = entries[Int(slot)].space
        let length = entries[Int(slot)].key.count
        guard hash == key.hash, space == key.space, length == key.length else { return false }
        return unsafe key.storage.withUnsafeBytes { wanted in
            unsafe entries[Int(slot)].key.withUnsafeBytes { found in
                guard let one = wanted.baseAddress, let other = found.baseAddress else {
                    return length == 0
                }
                // Both hold `length` bytes: it is the one's count, and the other's less `start`.
                return unsafe memcmp(one + key.start, other, length) == 0
            }
        }
    }

    private mutating func place(_ slot: UInt32, _ hash: UInt64) {
        var place = home(of: hash)
        while index[place] != 0 { place = next(place) }
        index[place] = hash & 0xffff_ffff_0000_0000 | UInt64(slot + 1)
    }

    private mutating func growIndex() {
        index = ContiguousArray(repeating: 0, count: index.count * 2)
        for slot in entries.indices where entries[slot].response != nil { place(UInt32(slot), entries[slot].hash) }
    }
}
