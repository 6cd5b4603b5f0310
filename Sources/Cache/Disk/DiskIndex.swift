import Glibc

/// What lies in the folder: keys, sizes and who goes next, without a word of it read from disk.
///
/// An entry takes about 200 bytes. It is found by its key's hash, which is keyed and of 64 bits: should two keys ever
/// share one, the newer takes the older one's place.
struct DiskIndex {
    struct Slot {
        var key: [UInt8] = []
        var hash: UInt64 = 0
        var stemHash: UInt64 = 0
        var space: UInt32 = 0
        var size: Int64 = 0
        /// Neighbours in order of arrival.
        var newer = DiskIndex.none
        var older = DiskIndex.none
        /// Neighbours among the responses of one object.
        var nextOfStem = DiskIndex.none
        var previousOfStem = DiskIndex.none
        /// Its place among the open ones.
        var place = DiskIndex.none
        /// Asked for since the hand of eviction passed.
        var isVisited = false
        /// Asked for since the hand of the open ones passed.
        var isRecent = false
        /// Its body was compared with its checksum, or written by this process.
        var isVerified = false
        var response: StoredResponse?
    }

    /// What was taken out of the index; its bytes count until its file is gone.
    struct Leaver: Sendable {
        let key: CacheKey
        /// 0 for one that the scan has not come to.
        let size: Int64
    }

    enum Look {
        case open(StoredResponse)
        case closed(isVerified: Bool)
        case absent
    }

    static let none: Int32 = -1

    let limit: Int64
    /// How many responses are kept open.
    let openLimit: Int
    var slots: [Slot] = []
    private var vacant: [Int32] = []
    private var byHash: [UInt64: Int32] = [:]
    private var byStem: [UInt64: Int32] = [:]
    private var spaces: [UInt32: TierUsage] = [:]
    private(set) var total = TierUsage()

    var newest = DiskIndex.none
    var oldest = DiskIndex.none
    /// Where eviction looks next.
    var hand = DiskIndex.none
    /// The open ones, in no order.
    var opened: [Int32] = []
    var openedHand = 0

    /// Bytes of files that are being written, that are being removed, that could not be, and that the scan has not come
    /// to yet.
    var reserved: Int64 = 0
    var leaving: Int64 = 0
    var stuck: Int64 = 0
    var unindexed: Int64 = 0
    /// How often each hash was taken out whose file may still be there; nobody may find that file any more.
    private var departing: [UInt64: Int] = [:]

    init(limit: Int64, openLimit: Int) {
        self.limit = limit
        self.openLimit = openLimit
    }

    /// All that counts against the limit.
    var occupied: Int64 { total.bytes + reserved + leaving + stuck + unindexed }

    func usage(of space: UInt32?) -> TierUsage { space.map { spaces[$0] ?? TierUsage() } ?? total }

    /// Finds an entry for a reader, which speaks for keeping it.
    mutating func look(_ key: borrowing CacheKey) -> Look {
        guard let index = slot(of: key) else { return .absent }
        slots[index].isVisited = true
        guard let response = slots[index].response else { return .closed(isVerified: slots[index].isVerified) }
        slots[index].isRecent = true
        return .open(response)
    }

    func holds(_ key: borrowing CacheKey) -> Bool { slot(of: key) != nil }

    func slot(of key: borrowing CacheKey) -> Int? {
        guard let found = byHash[key.hash] else { return nil }
        let index = Int(found)
        guard slots[index].space == key.space, key.length == slots[index].key.count,
            isKey(slots[index].key, key)
        else { return nil }
        return index
    }

    /// Both are as long.
    private func isKey(_ bytes: [UInt8], _ key: borrowing CacheKey) -> Bool {
        unsafe bytes.withUnsafeBytes { one in
            unsafe key.storage.withUnsafeBytes { other in
                guard let first = one.baseAddress, let second = other.baseAddress else { return true }
                return unsafe memcmp(first, second + key.start, one.count) == 0
            }
        }
    }

    /// Puts an entry in whose file is in its place, over the one that had this key. What else had to go for it is
    /// answered.
    mutating func insert(_ key: CacheKey, size: Int64, isVerified: Bool, _ response: StoredResponse?) -> Leaver? {
        var leaver: Leaver?
        if let same = slot(of: key) {
            // Its file was replaced, so its bytes are free at once.
            drop(same)
        } else if let other = byHash[key.hash] {
            leaver = take(Int(other))
        }
        let index = Int(vacant.popLast() ?? Int32(slots.count))
        if index == slots.count { slots.append(Slot()) }
        slots[index] = Slot(
            key: key.bytes, hash: key.hash, stemHash: key.stemHash, space: key.space, size: size,
            isVerified: isVerified)
        byHash[key.hash] = Int32(index)
        linkStem(index)
        linkNewest(index)
        count(space: key.space, bytes: size, items: 1)
        if let response { open(index, response) }
        return leaver
    }

    /// Takes an entry out whose file is still there.
    mutating func remove(_ key: borrowing CacheKey) -> Leaver? { slot(of: key).map { take($0) } }

    mutating func take(_ index: Int) -> Leaver {
        let key = CacheKey(space: slots[index].space, bytes: slots[index].key)
        let leaver = Leaver(key: key, size: slots[index].size)
        drop(index)
        leaving += leaver.size
        departing[key.hash, default: 0] += 1
        return leaver
    }

    /// Lets nobody find the file of this key that the scan has not come to.
    mutating func takeUnindexed(_ key: CacheKey) -> Leaver {
        departing[key.hash, default: 0] += 1
        return Leaver(key: key, size: 0)
    }

    /// The file of what was taken out is gone, or has made place for another; or it could not be removed.
    mutating func settle(_ leaver: Leaver, isGone: Bool) {
        leaving -= leaver.size
        if !isGone { stuck += leaver.size }
        let left = (departing[leaver.key.hash] ?? 1) - 1
        departing[leaver.key.hash] = left > 0 ? left : nil
    }

    func isDeparting(_ key: borrowing CacheKey) -> Bool { departing[key.hash] != nil }

    /// Forgets an entry whose file is gone.
    mutating func drop(_ index: Int) {
        close(index)
        unlinkStem(index)
        unlinkOrder(index)
        byHash[slots[index].hash] = nil
        count(space: slots[index].space, bytes: -slots[index].size, items: -1)
        slots[index] = Slot()
        vacant.append(Int32(index))
    }

    private mutating func count(space: UInt32, bytes: Int64, items: Int) {
        total.bytes += bytes
        total.items += items
        spaces[space, default: TierUsage()].bytes += bytes
        spaces[space, default: TierUsage()].items += items
    }

    // MARK: purging

    /// Takes out what `scope` covers among the `count` slots from `start` on.
    mutating func sweep(_ scope: PurgeScope, from start: Int, count: Int) -> [Leaver] {
        var leavers: [Leaver] = []
        for index in start..<min(start + count, slots.count) where slots[index].size > 0 {
            let key = slots[index].key
            guard scope.covers(space: slots[index].space, key: key.span) else { continue }
            leavers.append(take(index))
        }
        return leavers
    }

    /// Takes out all responses of one object.
    mutating func sweepObject(_ stem: CacheKey) -> [Leaver] {
        let scope = PurgeScope.object(stem.space, stem.bytes)
        var leavers: [Leaver] = []
        var next = byStem[stem.stemHash] ?? Self.none
        while next != Self.none {
            let index = Int(next)
            next = slots[index].nextOfStem
            let key = slots[index].key
            guard scope.covers(space: slots[index].space, key: key.span) else { continue }
            leavers.append(take(index))
        }
        return leavers
    }

    private mutating func linkStem(_ index: Int) {
        let first = byStem[slots[index].stemHash] ?? Self.none
        slots[index].nextOfStem = first
        if first != Self.none { slots[Int(first)].previousOfStem = Int32(index) }
        byStem[slots[index].stemHash] = Int32(index)
    }

    private mutating func unlinkStem(_ index: Int) {
        let (previous, next) = (slots[index].previousOfStem, slots[index].nextOfStem)
        if next != Self.none { slots[Int(next)].previousOfStem = previous }
        if previous != Self.none {
            slots[Int(previous)].nextOfStem = next
        } else {
            byStem[slots[index].stemHash] = next == Self.none ? nil : next
        }
    }
}
