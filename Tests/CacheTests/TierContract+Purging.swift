import NIOCore
import Network
import Testing

@testable import Cache

extension TierContract {
    static let purging: [TierContract] = [
        TierContract(name: "purges everything") { bench in
            await bench.purges(.everything, all: ["images/1", "images/2", "videos/1"], spaces: [1, 2]) { _, _ in true }
        },
        TierContract(name: "purges a space") { bench in
            await bench.purges(.space(2), all: ["images/1", "videos/1"], spaces: [1, 2, 3]) { $1 == 2 }
        },
        TierContract(name: "purges a prefix") { bench in
            await bench.purges(
                .prefix(1, Array("images/".utf8)), all: ["images/1", "images/", "images", "image", "xi/images/1"],
                spaces: [1, 2]
            ) { $1 == 1 && $0.hasPrefix("images/") }
        },
        TierContract(name: "purges an object with its versions, variants and slices") { bench in
            await bench.purges(
                .object(1, Array("images/1".utf8)), all: ["images/1", "images/12", "images/", "images/2"],
                spaces: [1, 2]
            ) { $1 == 1 && $0 == "images/1" }
        },
        TierContract(name: "purges among many, and what is stored afterwards stays") { bench in
            for number in 0..<300 {
                #expect(await bench.store(Sample.response("old"), Sample.key("\(number % 3)/\(number)")))
            }
            #expect(await bench.purge(.prefix(1, Array("1/".utf8))) == 100)
            #expect(await bench.purge(.prefix(1, Array("1/".utf8))) == 0)
            #expect(bench.tier.usage(of: 1).items == 200)
            #expect(await bench.store(Sample.response("new"), Sample.key("1/1")))
            #expect(await bench.holds(Sample.response("new"), Sample.key("1/1")))
        },
        TierContract(name: "refuses what was asked for before a purge") { bench in
            let key = Sample.key("a").slice(2)
            let ticket = bench.ledger.take()
            #expect(await bench.store(Sample.response("old"), key))
            #expect(await bench.purge(.object(1, Array("a".utf8))) == 1)
            #expect(!(await bench.tier.store(Sample.response("late"), for: key, ticket, on: bench.loop)))
            #expect(await bench.found(key) == nil)
            let current = Sample.response("new", age: 1)
            #expect(await bench.store(current, key))
            await bench.tier.freshen(Sample.response("new", age: 7).head, for: key, ticket, on: bench.loop)
            #expect(await bench.holds(current, key))
            bench.ledger.giveBack(ticket)
        },
    ]

    static let counting: [TierContract] = [
        TierContract(name: "counts what it holds, by space") { bench in
            var bytes: Int64 = 0
            for (number, response) in Sample.responses.enumerated() {
                let before = bench.tier.usage(of: 2)
                #expect(await bench.store(response, Sample.key("object-\(number)", space: 2)))
                let after = bench.tier.usage(of: 2)
                #expect(after.items == before.items + 1)
                #expect(after.bytes - before.bytes >= Int64(response.residentBytes))
                bytes += after.bytes - before.bytes
            }
            #expect(await bench.store(Sample.response("x"), Sample.key("x", space: 3)))
            let (two, three, all) = (
                bench.tier.usage(of: 2), bench.tier.usage(of: 3), bench.tier.usage(of: nil)
            )
            #expect(two == TierUsage(bytes: bytes, items: Sample.responses.count))
            #expect(all == TierUsage(bytes: two.bytes + three.bytes, items: two.items + three.items))
            #expect(bench.tier.usage(of: 4) == TierUsage())
        },
        TierContract(name: "counts the same after detours, and nothing when nothing is left") { bench in
            let key = Sample.key("a")
            #expect(await bench.store(Sample.response("body"), key))
            let one = bench.tier.usage(of: 1)
            #expect(await bench.store(Sample.response(String(repeating: "x", count: 100_000)), key))
            #expect(bench.tier.usage(of: 1).bytes > one.bytes)
            #expect(await bench.store(Sample.response("body"), key))
            await bench.freshen(Sample.response("body", age: 3).head, key)
            #expect(bench.tier.usage(of: 1) == one)
            await bench.tier.remove(key, on: bench.loop)
            #expect(bench.tier.usage(of: 1) == TierUsage())
            #expect(await bench.store(Sample.response("body"), key))
            #expect(await bench.purge(.space(1)) == 1)
            #expect(bench.tier.usage(of: nil) == TierUsage())
        },
    ]

    static let racing: [TierContract] = [
        TierContract(name: "is used from several loops at once") { bench in
            await withTaskGroup(of: Int.self) { group in
                for (index, eventLoop) in bench.others.enumerated() {
                    let (tier, ledger) = (bench.tier, bench.ledger)
                    group.addTask(executorPreference: LoopExecutor(eventLoop)) {
                        let loop = LoopContext(eventLoop: eventLoop, index: index + 1, seed: (1, 2, 3, UInt64(index)))
                        return await Self.work(on: tier, ledger, loop)
                    }
                }
                for await wrong in group { #expect(wrong == 0) }
            }
            _ = await bench.purge(.everything)
            #expect(bench.tier.usage(of: nil) == TierUsage())
        }
    ]

    /// Uses forty keys that others use too; answers how many bodies were of another key than the one asked for.
    private static func work(on tier: any CacheTier, _ ledger: PurgeLedger, _ loop: LoopContext) async -> Int {
        var wrong = 0
        for round in 0..<400 {
            let number = Int(loop.randomWord() % 40)
            let key = Sample.key("key-\(number)", space: UInt32(number % 3))
            let body = String(repeating: "<\(number)>", count: 1 + Int(loop.randomWord() % 50))
            let ticket = ledger.take()
            switch loop.randomWord() % 8 {
            case 0, 1: _ = await tier.store(Sample.response(body), for: key, ticket, on: loop)
            case 2: await tier.freshen(Sample.response(body, age: 5).head, for: key, ticket, on: loop)
            case 3: await tier.remove(key, on: loop)
            case 4 where round % 40 == 0:
                let scope = PurgeScope.space(UInt32(number % 3))
                ledger.note(scope)
                _ = await tier.purge(scope, on: loop)
            default:
                guard let found = await tier.response(for: key, on: loop) else { break }
                let text = try? await String(buffer: Sample.body(of: found, on: loop))
                let isRight = text?.hasPrefix("<\(number)>") == true && text?.utf8.count == Int(found.head.length)
                if !isRight { wrong += 1 }
            }
            ledger.giveBack(ticket)
        }
        return wrong
    }
}

extension TierContract.Bench {
    /// Stores all responses of each of those objects in each space, purges, and expects that just what `isCovered` says
    /// is gone.
    fileprivate func purges(
        _ scope: PurgeScope, all objects: [String], spaces: [UInt32],
        where isCovered: (_ object: String, _ space: UInt32) -> Bool
    ) async {
        var covered = 0
        for space in spaces {
            for object in objects {
                for key in Sample.related(object, space: space) {
                    #expect(await store(Sample.response("body of \(object)"), key))
                    if isCovered(object, space) { covered += 1 }
                }
            }
        }
        #expect(await purge(scope) == covered)
        for space in spaces {
            for object in objects {
                for key in Sample.related(object, space: space) {
                    let isThere = await holds(Sample.response("body of \(object)"), key)
                    #expect(isThere != isCovered(object, space), "\(object) in space \(space)")
                }
            }
        }
    }
}
