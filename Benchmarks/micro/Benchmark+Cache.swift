import CJemalloc
import Cache
import HTTPSemantics
import NIOCore

extension Benchmark {
    static let cache = [
        Benchmark(name: "cache-hit", title: "find a response in memory") {
            let tier = CachedObjects(count: 16, capacity: 1 << 30)
            return { number in tier.find(number & 15) == nil ? 0 : 1 }
        },
        Benchmark(name: "cache-miss", title: "find none") {
            let tier = CachedObjects(count: 16, capacity: 1 << 30)
            return { number in tier.find(16 + number & 15) == nil ? 1 : 0 }
        },
        Benchmark(name: "cache-insert", title: "store a response in memory where another must leave for it") {
            let tier = CachedObjects(count: 4_096, capacity: 2_000_000)
            return { number in tier.store(number & 4_095) ? 1 : 0 }
        },
    ]
}

/// A memory tier, and keys of some 40 bytes for it, made beforehand.
struct CachedObjects {
    let tier: MemoryTier
    let ledger: PurgeLedger
    let ticket: PurgeLedger.Ticket
    private let keys: [CacheKey]
    /// Each key has its own: what all share would be fought over by threads.
    private let responses: [StoredResponse]

    /// There are twice as many keys as `count` says; the first half is stored, as far as it finds room.
    init(count: Int, capacity: Int) {
        ledger = PurgeLedger()
        ticket = ledger.take()
        tier = MemoryTier(capacity: capacity, largestItem: min(10 << 20, capacity / 100), ledger: ledger) { _ in }
        keys = (0..<2 * count).map { CacheKey(space: 1, path: Self.path($0), keyStart: 8) }
        responses = (0..<count).map { _ in Self.response() }
        for number in 0..<count { _ = store(number) }
    }

    func find(_ number: Int) -> StoredResponse? { tier.find(keys[number]) }

    func store(_ number: Int) -> Bool { tier.insert(responses[number], for: keys[number], ticket) }

    static func path(_ number: Int) -> [UInt8] {
        let text = String(number)
        return Array("/photos/2026/11/21/raven-".utf8) + Array(repeating: UInt8(ascii: "0"), count: 8 - text.utf8.count)
            + Array(text.utf8) + Array("-large.jpeg".utf8)
    }

    /// Of 1,024 bytes, with a head of 256.
    static func response() -> StoredResponse {
        let freshness = Freshness(
            storedAt: 1_795_250_922_000, initialAge: 0, lifetime: 3_600_000, staleWhileRevalidate: 0, staleIfError: 0,
            mustRevalidate: false)
        let lines = ByteBuffer(repeating: UInt8(ascii: "a"), count: 256)
        return StoredResponse(
            StoredHead(kind: .object, status: 200, lines: lines, length: 1_024, freshness: freshness),
            .whole(ByteBuffer(repeating: 7, count: 1_024)))
    }
}
