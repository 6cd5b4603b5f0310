import NIOCore
import Network
import Testing

@testable import Cache

/// What every tier must do, whatever it keeps its responses in: a tier's own suite calls `check` for each of the cases
/// with a function that makes an empty one.
///
/// A tier may forget what it was given; these cases are small enough for none to need to.
struct TierContract: Sendable {
    /// Makes an empty tier that takes bodies of a MiB at least. Called on the loop.
    typealias Make = @Sendable (PurgeLedger, LoopContext) async throws -> any CacheTier

    let name: String
    let run: @Sendable (Bench) async throws -> Void

    /// What a case works with. Everything is called on the loop.
    struct Bench {
        let tier: any CacheTier
        let ledger: PurgeLedger
        let loop: LoopContext
        /// Other loops, for cases with more than one.
        let others: [Reactor]

        func store(_ response: StoredResponse, _ key: CacheKey) async -> Bool {
            let ticket = ledger.take()
            defer { ledger.giveBack(ticket) }
            return await tier.store(response, for: key, ticket, on: loop)
        }

        func freshen(_ head: StoredHead, _ key: CacheKey) async {
            let ticket = ledger.take()
            defer { ledger.giveBack(ticket) }
            await tier.freshen(head, for: key, ticket, on: loop)
        }

        func purge(_ scope: PurgeScope) async -> Int {
            ledger.note(scope)
            return await tier.purge(scope, on: loop)
        }

        func found(_ key: CacheKey) async -> StoredResponse? { await tier.response(for: key, on: loop) }

        /// Whether exactly that is stored there.
        func holds(_ response: StoredResponse, _ key: CacheKey) async -> Bool {
            guard let found = await found(key) else { return false }
            return (try? await Sample.isSame(found, response, on: loop)) ?? false
        }
    }

    func check(_ make: @escaping Make) async throws {
        let group = try ReactorGroup(threads: 4)
        let run = run
        let result = await Task(executorPreference: LoopExecutor(group.loops[0])) {
            let loop = LoopContext(eventLoop: group.loops[0], index: 0, seed: (1, 2, 3, 4))
            let ledger = PurgeLedger()
            let tier = try await make(ledger, loop)
            try await run(Bench(tier: tier, ledger: ledger, loop: loop, others: Array(group.loops[1...])))
        }.result
        try await group.shutdownGracefully()
        try result.get()
    }
}

extension TierContract: CustomTestStringConvertible {
    var testDescription: String { name }

    static let all = storing + renewing + purging + counting + racing

    private static let storing: [TierContract] = [
        TierContract(name: "finds nothing in an empty tier") { bench in
            #expect(await bench.found(Sample.key("a")) == nil)
            #expect(bench.tier.usage(of: nil) == TierUsage())
            #expect(bench.tier.usage(of: 1) == TierUsage())
        },
        TierContract(name: "gives back heads and bodies byte for byte") { bench in
            for (number, response) in Sample.responses.enumerated() {
                #expect(await bench.store(response, Sample.key("object-\(number)")))
            }
            for (number, response) in Sample.responses.enumerated() {
                #expect(await bench.holds(response, Sample.key("object-\(number)")), "response \(number)")
            }
        },
        TierContract(name: "keeps responses of one object, of spaces and of like keys apart") { bench in
            let keys =
                Sample.related("images/cat.jpg") + Sample.related("images/cat.jpg", space: 2)
                + Sample.related("images/cat.jp") + Sample.related("")
            for (number, key) in keys.enumerated() {
                #expect(await bench.store(Sample.response("body \(number)"), key))
            }
            for (number, key) in keys.enumerated() {
                #expect(await bench.holds(Sample.response("body \(number)"), key), "key \(number)")
            }
            #expect(await bench.found(Sample.key("images/cat.jpg").slice(4)) == nil)
        },
        TierContract(name: "finds a key whose bytes stand behind others") { bench in
            let path = Array("/photos/images/cat.jpg".utf8)
            #expect(await bench.store(Sample.response("meow"), CacheKey(space: 1, path: path, keyStart: 8)))
            #expect(await bench.holds(Sample.response("meow"), Sample.key("images/cat.jpg")))
        },
        TierContract(name: "replaces") { bench in
            let key = Sample.key("a")
            for body in ["one", String(repeating: "two", count: 40_000), "", "four"] {
                #expect(await bench.store(Sample.response(body), key))
                #expect(await bench.holds(Sample.response(body), key))
            }
            #expect(bench.tier.usage(of: 1).items == 1)
        },
        TierContract(name: "removes one response and no other") { bench in
            let keys = Sample.related("a")
            for key in keys { #expect(await bench.store(Sample.response("x"), key)) }
            await bench.tier.remove(keys[0], on: bench.loop)
            await bench.tier.remove(Sample.key("b"), on: bench.loop)
            #expect(await bench.found(keys[0]) == nil)
            for key in keys.dropFirst() { #expect(await bench.found(key) != nil) }
        },
        TierContract(name: "takes no body of a negative length, and an empty one") { bench in
            #expect(!bench.tier.takes(length: -1))
            #expect(bench.tier.takes(length: 0))
            #expect(bench.tier.takes(length: 1 << 20))
        },
    ]

    private static let renewing: [TierContract] = [
        TierContract(name: "renews the head and keeps the body") { bench in
            let old = Sample.response("body", etag: "\"1\"", age: 0)
            let new = Sample.response("body", etag: "\"1\"", age: 7, field: "x-new: a longer line than before")
            #expect(await bench.store(old, Sample.key("a")))
            await bench.freshen(new.head, Sample.key("a"))
            #expect(await bench.holds(new, Sample.key("a")))
        },
        TierContract(name: "renews no head of what was replaced meanwhile") { bench in
            let current = Sample.response("BODY", etag: "\"2\"")
            #expect(await bench.store(current, Sample.key("a")))
            await bench.freshen(Sample.response("body", etag: "\"1\"", age: 7).head, Sample.key("a"))
            #expect(await bench.holds(current, Sample.key("a")))
            await bench.freshen(Sample.response("longer", etag: "\"2\"", age: 7).head, Sample.key("a"))
            #expect(await bench.holds(current, Sample.key("a")))
        },
        TierContract(name: "renews nothing that is not there") { bench in
            await bench.freshen(Sample.response("body", age: 7).head, Sample.key("a"))
            #expect(await bench.found(Sample.key("a")) == nil)
            #expect(bench.tier.usage(of: nil) == TierUsage())
        },
    ]
}
