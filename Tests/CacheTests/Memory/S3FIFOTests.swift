import Network
import Testing

@testable import Cache

/// What leaves first (CACHE-1).
struct S3FIFOTests {
    /// A cache of numbered objects, all of one size, under a policy.
    private struct Cache {
        var policy: S3FIFO
        let capacity: Int
        var slotOf: [Int: UInt32] = [:]
        var objectOf: [UInt32: Int] = [:]
        var free: [UInt32] = []

        init(objects: Int) {
            capacity = objects * 10
            policy = S3FIFO(capacity: capacity)
        }

        /// Whether it was there.
        mutating func ask(_ object: Int) -> Bool {
            if let slot = slotOf[object] {
                policy.touch(slot)
                return true
            }
            while policy.units + 10 > capacity, let slot = policy.evict() {
                if let gone = objectOf.removeValue(forKey: slot) { slotOf[gone] = nil }
                free.append(slot)
            }
            let slot = free.popLast() ?? UInt32(objectOf.count)
            policy.insert(slot, units: 10, hash: UInt64(bitPattern: Int64(object)) &* 0x9e37_79b9_7f4a_7c15)
            slotOf[object] = slot
            objectOf[slot] = object
            return false
        }
    }

    /// The yardstick.
    private struct LeastRecentlyUsed {
        let objects: Int
        var order: [Int] = []

        mutating func ask(_ object: Int) -> Bool {
            let place = order.firstIndex(of: object)
            if let place { order.remove(at: place) }
            order.append(object)
            if order.count > objects { order.removeFirst() }
            return place != nil
        }
    }

    /// Eighty objects are asked for again and again; between, somebody walks once through many others.
    @Test func aScanDoesNotDriveOutWhatIsAskedForOften() {
        var cache = Cache(objects: 100)
        var yardstick = LeastRecentlyUsed(objects: 100)
        var (hits, hitsOfYardstick, asked) = (0, 0, 0)
        var next = 1_000
        for _ in 0..<20 {
            for object in 0..<160 {
                asked += 1
                hits += cache.ask(object % 80) ? 1 : 0
                hitsOfYardstick += yardstick.ask(object % 80) ? 1 : 0
            }
            for _ in 0..<200 {
                _ = cache.ask(next)
                _ = yardstick.ask(next)
                next += 1
            }
        }
        #expect(hitsOfYardstick == asked / 2)
        #expect(hits > asked * 19 / 20, "\(hits) of \(asked)")
    }

    @Test func whatComesBackSoonAfterItLeftGoesToTheMainQueueAtOnce() {
        var cache = Cache(objects: 100)
        // 0 has to leave for 100, and comes back.
        for object in Array(0...100) + [0] { _ = cache.ask(object) }
        for object in 200..<302 { _ = cache.ask(object) }
        let (isHundredThere, isZeroThere) = (cache.ask(100), cache.ask(0))
        #expect(!isHundredThere && isZeroThere)
    }

    @Test func everythingLeavesInTheEnd() {
        var policy = S3FIFO(capacity: 1_000)
        for slot in 0..<50 as Range<UInt32> {
            policy.insert(slot, units: 7, hash: UInt64(slot))
            for _ in 0..<slot % 5 { policy.touch(slot) }
        }
        policy.remove(3)
        policy.resize(4, units: 100)
        #expect(policy.units == 48 * 7 + 100)
        var left: Set<UInt32> = []
        var count = 0
        while let slot = policy.evict() {
            left.insert(slot)
            count += 1
        }
        #expect(count == 49)
        #expect(left == Set(0..<50).subtracting([3]))
        #expect(policy.units == 0)
    }

    @Test func ghostsAreForgottenAfterTheWindow() {
        var ghosts = GhostTable(window: 40_960)
        ghosts.insert(77 << 14, units: 10)
        ghosts.insert(99 << 14, units: 30_000)
        ghosts.grow()
        let (first, again) = (ghosts.take(99 << 14), ghosts.take(99 << 14))
        #expect(first && !again)
        ghosts.insert(98 << 14, units: 20_000)
        let (old, new) = (ghosts.take(77 << 14), ghosts.take(98 << 14))
        #expect(!old && new)
    }
}
