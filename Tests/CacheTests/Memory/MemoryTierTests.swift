import HTTPSemantics
import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Cache

/// What the memory tier adds to the contract: bounds, evictions and what they are counted as (CACHE-1).
struct MemoryTierTests {
    private let ledger = PurgeLedger()
    private let evicted = NIOLockedValueBox(TierUsage())

    private func tier(_ capacity: Int, largestItem: Int) -> MemoryTier {
        MemoryTier(capacity: capacity, largestItem: largestItem, ledger: ledger) { [evicted] usage in
            evicted.withLockedValue {
                $0.bytes += usage.bytes
                $0.items += usage.items
            }
        }
    }

    private func store(_ response: StoredResponse, _ key: CacheKey, in tier: MemoryTier) -> Bool {
        let ticket = ledger.take()
        defer { ledger.giveBack(ticket) }
        return tier.insert(response, for: key, ticket)
    }

    private static let noise = Sample.bytes(1 << 19, seed: 5)

    private func response(_ length: Int, _ number: Int = 0) -> StoredResponse {
        let body = Self.noise.getSlice(at: number & 0xfff, length: length) ?? ByteBuffer()
        return StoredResponse(Sample.head(length: length, etag: "\"\(number)\""), .whole(body))
    }

    @Test(arguments: [
        (1_024, 10, 16), (1_024, 1, 64), (80, 10, 1), (81, 10, 1), (160, 10, 2), (10, 10, 1), (5, 10, 1), (64, 8, 1),
    ])
    func aShardHoldsEightOfTheLargestItems(capacity: Int, largestItem: Int, shards: Int) {
        let tier = tier(capacity << 20, largestItem: largestItem << 20)
        #expect(tier.shardCount == min(shards, 64) || capacity == 1_024 && largestItem == 10 && tier.shardCount == 8)
        #expect(tier.shardCount == 1 || (capacity << 20) / tier.shardCount >= 8 * (largestItem << 20))
    }

    @Test func bodiesThatAreTooLongAreNotTaken() {
        let tier = tier(64 << 20, largestItem: 10_000)
        #expect(tier.takes(length: 10_000))
        #expect(!tier.takes(length: 10_001))
        #expect(store(response(10_000), Sample.key("a"), in: tier))
        #expect(!store(response(10_001), Sample.key("b"), in: tier))
        #expect(!self.tier(5_000, largestItem: 10_000).takes(length: 5_001))
        // The body fits, what it costs beside does not.
        #expect(!store(response(5_000), Sample.key("a"), in: self.tier(5_000, largestItem: 10_000)))
    }

    @Test func bodiesInFilesAreNotTaken() {
        final class File: StoredFile {
            let length: Int64 = 3
            func withDescriptor(_ use: (_ descriptor: Int32, _ start: Int64) -> Int) -> Int { -1 }
            func isResident(_ range: Range<Int64>) -> Bool { true }
            func makeResident(_ range: Range<Int64>, on loop: LoopContext) async throws(StoredFileFailure) {}
            func readAtOnce(at offset: Int64, limit: Int) -> ByteBuffer? { ByteBuffer(string: "abc") }
            func read(at offset: Int64, limit: Int, on loop: LoopContext) async throws(StoredFileFailure) -> ByteBuffer
            {
                throw .truncated
            }
        }
        let tier = tier(64 << 20, largestItem: 10_000)
        let inFile = StoredResponse(Sample.head(length: 3, etag: "\"f\""), .file(File()))
        #expect(!store(inFile, Sample.key("a"), in: tier))
        #expect(tier.usage(of: nil) == TierUsage())
    }

    @Test func aHitGivesTheStoredObjectItself() {
        let tier = tier(64 << 20, largestItem: 1 << 20)
        let stored = Sample.response(String(repeating: "x", count: 65_536))
        #expect(store(stored, Sample.key("a"), in: tier))
        #expect(tier.find(Sample.key("a")) === stored)
    }

    /// A slice of a buffer that many share would keep all of it.
    @Test func slicesOfGreaterBuffersAreCopied() throws {
        let tier = tier(64 << 20, largestItem: 1 << 20)
        let read = Sample.bytes(1 << 20, seed: 3)
        let slice = try #require(read.getSlice(at: 100, length: 1_000))
        var head = Sample.head(length: 1_000, etag: "\"s\"")
        head.lines = try #require(read.getSlice(at: 0, length: 300))
        #expect(store(StoredResponse(head, .whole(slice)), Sample.key("whole"), in: tier))
        head.length = 3_000
        #expect(store(StoredResponse(head, .chunks([slice, slice, slice])), Sample.key("chunks"), in: tier))
        #expect(tier.usage(of: nil).bytes < 7_000)
        guard case .whole(let whole) = tier.find(Sample.key("whole"))?.body,
            case .chunks(let chunks) = tier.find(Sample.key("chunks"))?.body
        else {
            Issue.record("stored otherwise")
            return
        }
        #expect(whole == slice)
        #expect(whole.storageCapacity == 1_000)
        #expect(chunks.map(\.storageCapacity) == [3_000])
        #expect(tier.find(Sample.key("whole"))?.head.lines.storageCapacity == 300)
    }

    @Test func theLongestPathIsNotKeptForItsKey() {
        let tier = tier(64 << 20, largestItem: 1 << 20)
        let path = Array(repeating: UInt8(ascii: "x"), count: 100_000) + Array("key".utf8)
        #expect(store(response(0), CacheKey(space: 1, path: path, keyStart: 100_000), in: tier))
        #expect(tier.usage(of: nil).bytes < 1_000)
        #expect(tier.find(Sample.key("key")) != nil)
    }

    @Test func whatLeavesIsCounted() {
        let tier = tier(1 << 20, largestItem: 100_000)
        var stored = 0
        var taken: Int64 = 0
        while evicted.withLockedValue({ $0.items }) < 100 {
            let before = tier.usage(of: nil).bytes + evicted.withLockedValue { $0.bytes }
            #expect(store(response(10_000), Sample.key("\(stored)"), in: tier))
            taken += tier.usage(of: nil).bytes + evicted.withLockedValue { $0.bytes } - before
            stored += 1
        }
        let (left, gone) = (tier.usage(of: nil), evicted.withLockedValue { $0 })
        #expect(left.items + gone.items == stored)
        #expect(left.bytes + gone.bytes == taken)
        #expect(left.bytes > 1 << 19)
    }

    /// A great item drives out as many small ones as it needs and no more.
    @Test func aGreatItemFindsRoomAmongSmallOnes() {
        let tier = tier(1 << 20, largestItem: 500_000)
        for number in 0..<2_000 { #expect(store(response(300), Sample.key("\(number)"), in: tier)) }
        let before = tier.usage(of: nil)
        #expect(store(response(400_000), Sample.key("great"), in: tier))
        #expect(tier.find(Sample.key("great")) != nil)
        let after = tier.usage(of: nil)
        #expect(after.bytes <= 1 << 20)
        #expect(after.bytes > 1 << 20 - 10_000)
        #expect(after.items > before.items / 3)
    }

    /// Everything there was asked for often, and still what comes now finds room and stays for a while.
    @Test func newItemsAreNeverStarved() {
        let tier = tier(1 << 20, largestItem: 100_000)
        for number in 0..<60 { _ = store(response(10_000), Sample.key("old-\(number)"), in: tier) }
        for number in 0..<2_000 {
            for old in 0..<60 { _ = tier.find(Sample.key("old-\(old)")) }
            guard number % 50 == 0 else { continue }
            #expect(store(response(10_000), Sample.key("new-\(number)"), in: tier))
            #expect(tier.find(Sample.key("new-\(number)")) != nil)
        }
        // Who is asked for again moves in for good, although the old ones are asked for all the time.
        for round in 0..<200 {
            #expect(store(response(10_000), Sample.key("passing-\(round)"), in: tier))
            if tier.find(Sample.key("new")) == nil { #expect(store(response(10_000), Sample.key("new"), in: tier)) }
        }
        #expect(tier.find(Sample.key("new")) != nil)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func itIsADictionaryThatMayForget(seed: UInt64) {
        var random = RandomWords(seed: (seed, 2, 3, 4))
        let capacity = [200_000, 1 << 20, 4 << 20][Int(seed % 3)]
        let tier = tier(capacity, largestItem: 20_000)
        var model: [CacheKey: StoredResponse] = [:]
        for step in 0..<4_000 {
            let number = Int(random.next() % 300)
            let object = Sample.key("object/\(number % 7)/\(number)", space: UInt32(number % 3))
            let key = number % 4 == 0 ? object.slice(UInt64(number % 5)) : object
            switch random.next() % 16 {
            case 0..<6:
                let new = response(Int(random.next() % 20_000), step)
                #expect(store(new, key, in: tier))
                model[key] = new
            case 6: model[key] = tier.renew(key, like: model[key], step, ledger)
            case 7:
                tier.remove(key)
                model[key] = nil
            case 8 where step % 5 == 0:
                let scope = scope(Int(random.next() % 4), key)
                ledger.note(scope)
                let before = tier.usage(of: nil).items
                #expect(tier.purge(scope) == before - tier.usage(of: nil).items)
                model = model.filter { !scope.covers($0.key) }
            default:
                guard let found = tier.find(key) else { continue }
                #expect(found.head.lines == model[key]?.head.lines)
                #expect(found.head.freshness == model[key]?.head.freshness)
                #expect(bytes(found) == model[key].map(bytes))
            }
            #expect(tier.usage(of: nil).bytes <= Int64(capacity))
        }
        check(tier, model)
    }

    private func check(_ tier: MemoryTier, _ model: [CacheKey: StoredResponse]) {
        let found = model.keys.filter { tier.find($0) != nil }
        #expect(tier.usage(of: nil).items == found.count)
        for space in 0..<3 as Range<UInt32> {
            #expect(tier.usage(of: space).items == found.count { $0.space == space })
        }
        let sum = (0..<3 as Range<UInt32>).reduce(0) { $0 + tier.usage(of: $1).bytes }
        #expect(tier.usage(of: nil).bytes == sum)
        for key in found { tier.remove(key) }
        #expect(tier.usage(of: nil) == TierUsage())
    }

    private func bytes(_ response: StoredResponse) -> ByteBuffer {
        if case .whole(let bytes) = response.body { bytes } else { ByteBuffer() }
    }

    private func scope(_ kind: Int, _ key: CacheKey) -> PurgeScope {
        switch kind {
        case 0: .everything
        case 1: .space(key.space)
        case 2: .prefix(key.space, Array(key.stem.prefix(8)))
        default: .object(key.space, Array(key.stem))
        }
    }
}

extension MemoryTier {
    /// Freshens what is stored under `key`, if that is anything; gives what must be found afterwards.
    fileprivate func renew(
        _ key: CacheKey, like old: StoredResponse?, _ step: Int, _ ledger: PurgeLedger
    ) -> StoredResponse? {
        guard let old else { return nil }
        let ticket = ledger.take()
        defer { ledger.giveBack(ticket) }
        var head = old.head
        head.lines.writeString("x-renewed: \(String(repeating: "!", count: step % 100))\r\n")
        head.freshness.storedAt += 1
        let isThere = find(key) != nil
        let isRenewed = freshen(head, for: key, ticket)
        return isThere && isRenewed ? StoredResponse(head, old.body) : old
    }
}
