/// Who goes when room is needed: SIEVE (Zhang et al., NSDI 2024) over the order of arrival.
///
/// A hand goes from the oldest to the newest and takes out the first that nobody asked for since it last passed. Reads
/// move nothing and only set a mark. What is read once, as by a scan of a bucket, goes at the hand's first visit.
extension DiskIndex {
    /// So many that were asked for are passed over at most, so that nobody waits long for the index.
    private static var passedAtMost: Int { 256 }

    /// Takes entries out until `bytes` more would fit, `count` of them at most. Empty when nothing is left to take.
    mutating func makeRoom(for bytes: Int64, atMost count: Int) -> [Leaver] {
        var leavers: [Leaver] = []
        // What leaves already counts until it has left; it makes room as well.
        while leavers.count < count, occupied - leaving + bytes > limit, let next = nextVictim() {
            leavers.append(take(next))
        }
        return leavers
    }

    private mutating func nextVictim() -> Int? {
        guard oldest != Self.none else { return nil }
        var current = hand == Self.none ? oldest : hand
        for _ in 0..<Self.passedAtMost {
            guard slots[Int(current)].isVisited else { break }
            slots[Int(current)].isVisited = false
            current = slots[Int(current)].newer == Self.none ? oldest : slots[Int(current)].newer
        }
        hand = current
        return Int(current)
    }

    mutating func linkNewest(_ index: Int) {
        slots[index].older = newest
        if newest != Self.none { slots[Int(newest)].newer = Int32(index) }
        newest = Int32(index)
        if oldest == Self.none { oldest = newest }
    }

    mutating func unlinkOrder(_ index: Int) {
        let (newer, older) = (slots[index].newer, slots[index].older)
        if hand == Int32(index) { hand = newer }
        if newer != Self.none { slots[Int(newer)].older = older } else { newest = older }
        if older != Self.none { slots[Int(older)].newer = newer } else { oldest = newer }
    }

    // MARK: the open ones

    /// Keeps `response` open for this entry; the one that was not asked for the longest closes for it, roughly.
    mutating func open(_ index: Int, _ response: StoredResponse) {
        guard slots[index].place == Self.none else {
            slots[index].response = response
            return
        }
        guard openLimit > 0 else { return }
        if opened.count >= openLimit { closeOne() }
        slots[index].response = response
        slots[index].place = Int32(opened.count)
        opened.append(Int32(index))
    }

    mutating func close(_ index: Int) {
        let place = Int(slots[index].place)
        slots[index].response = nil
        slots[index].place = Self.none
        guard place >= 0, let last = opened.popLast(), place < opened.count else { return }
        opened[place] = last
        slots[Int(last)].place = Int32(place)
    }

    mutating func closeAll() {
        while let last = opened.last { close(Int(last)) }
    }

    private mutating func closeOne() {
        for _ in 0..<Self.passedAtMost {
            openedHand = openedHand + 1 < opened.count ? openedHand + 1 : 0
            let index = Int(opened[openedHand])
            guard slots[index].isRecent else { break }
            slots[index].isRecent = false
        }
        close(Int(opened[openedHand]))
    }
}
