import NIOCore
import Network
import Testing

@testable import Cache

/// Entries are found after any insertions and removals.
struct EntryTableTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func itIsADictionary(seed: UInt64) {
        var random = RandomWords(seed: (seed, 9, 9, 9))
        var table = EntryTable()
        var model: [CacheKey: UInt32] = [:]
        let response = Sample.response("x")
        for step in 0..<20_000 {
            // Grows, shrinks and grows again.
            let number = Int(random.next() % (step % 8_000 < 4_000 ? 3_000 : 100))
            let key = Sample.key("\(number)", space: UInt32(number % 2))
            #expect(table.find(key) == model[key])
            if let slot = model[key] {
                let removed = table.remove(slot)
                #expect(removed.key == key.bytes)
                model[key] = nil
            } else {
                model[key] = table.insert(response, key, bytes: key.bytes)
            }
            #expect(table.count == model.count)
        }
        #expect(Set(model.values).count == model.count)
        for (key, slot) in model { #expect(table.find(key) == slot) }
    }

    /// Slots are used again, so the table grows no further than it was at its fullest.
    @Test func freeSlotsAreUsedAgain() {
        var table = EntryTable()
        let response = Sample.response("x")
        for round in 0..<10 {
            let slots = (0..<50).map { table.insert(response, Sample.key("\(round)-\($0)"), bytes: [1]) }
            for slot in slots { _ = table.remove(slot) }
        }
        #expect(table.slots == 50)
    }
}
