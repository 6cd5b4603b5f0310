import NIOCore
import Network
import Testing

@testable import Cache

/// The files never take more than they may, and what is found is what was stored (CACHE-2).
struct DiskBoundTests {
    private static let bound: Int64 = 64 * 4096

    @Test(arguments: [1, 2] as [UInt64])
    func randomUseAgreesWithAModel(_ seed: UInt64) async throws {
        try await DiskBench.run { bench, loop in
            var random = RandomWords(seed: (seed, 2, 3, 4))
            let tier = await bench.tier(maxBytes: Self.bound, openFiles: 7)
            var model: [Int: ByteBuffer] = [:]
            for round in 0..<800 {
                let number = Int(random.next() % 60)
                let key = Sample.key("dir\(number % 3)/\(number)", space: UInt32(number % 2))
                let body = Sample.bytes(Int(random.next() % 30_000), seed: round)
                let response = StoredResponse(
                    Sample.head(length: body.readableBytes, etag: "\"\(round)\""), .whole(body))
                switch random.next() % 12 {
                case 0...3:
                    let isStored = await bench.store(response, key, in: tier, on: loop)
                    #expect(isStored)
                    model[number] = body
                case 4:
                    if await Self.write(body, response.head, key, in: tier, bench, loop, &random) {
                        model[number] = body
                    }
                case 5:
                    await tier.remove(key, on: loop)
                    model[number] = nil
                case 6 where round % 20 == 0:
                    _ = await bench.purge(.prefix(1, Array("dir1/".utf8)), in: tier, on: loop)
                    for number in 0..<60 where number % 3 == 1 && number % 2 == 1 { model[number] = nil }
                default:
                    guard let found = await tier.response(for: key, on: loop) else { break }
                    let body = try await Sample.body(of: found, on: loop)
                    #expect(body == model[number], "round \(round)")
                    #expect(tier.find(key) != nil)
                }
                #expect(tier.occupiedBytes <= Self.bound)
                if round % 50 == 0 { #expect(bench.occupied() <= Self.bound) }
            }
            await bench.settle(tier)
            #expect(tier.occupiedBytes == bench.occupied())
            #expect(tier.occupiedBytes == tier.usage(of: nil).bytes)
            #expect(bench.count(.evicted) > 50)
            let usage = tier.usage(of: 1)
            await tier.stop()
            #expect(await bench.tier().usage(of: 1) == usage)
        }
    }

    /// Writes in pieces, with or without a known length, and sometimes gives up.
    private static func write(
        _ body: ByteBuffer, _ head: StoredHead, _ key: CacheKey, in tier: DiskTier, _ bench: DiskBench,
        _ loop: LoopContext, _ random: inout RandomWords
    ) async -> Bool {
        let ticket = bench.ledger.take()
        defer { bench.ledger.giveBack(ticket) }
        let expected = random.next() % 4 == 0 ? nil : Int64(body.readableBytes)
        guard let writer = await tier.beginWriting(head, key, ticket, expectedLength: expected, on: loop) else {
            return false
        }
        var rest = body
        while let piece = rest.readSlice(length: min(rest.readableBytes, 7000)), piece.readableBytes > 0 {
            do throws(StoredFileFailure) { try await writer.append(piece) } catch { return false }
            guard random.next() % 16 > 0 else {
                writer.abandon()
                return false
            }
        }
        return await writer.commit(expected == nil ? head : nil)
    }

    /// Many loops store at the same time.
    @Test func theBoundHoldsUnderConcurrency() async throws {
        let bench = try DiskBench(threads: 4)
        let group = try ReactorGroup(threads: 4)
        let tier = await bench.tier(maxBytes: Self.bound)
        await withTaskGroup(of: Int64.self) { tasks in
            for (index, eventLoop) in group.loops.enumerated() {
                tasks.addTask(executorPreference: LoopExecutor(eventLoop)) {
                    let loop = LoopContext(eventLoop: eventLoop, index: index, seed: (1, 2, 3, UInt64(index)))
                    var most: Int64 = 0
                    for round in 0..<150 {
                        let key = Sample.key("\(loop.randomWord() % 100)")
                        let body = Sample.bytes(Int(loop.randomWord() % 60_000), seed: round)
                        _ = await bench.store(
                            StoredResponse(Sample.head(length: body.readableBytes, etag: "\"1\""), .whole(body)), key,
                            in: tier, on: loop)
                        most = max(most, tier.occupiedBytes)
                    }
                    return most
                }
            }
            for await most in tasks { #expect(most <= Self.bound) }
        }
        #expect(tier.occupiedBytes == bench.occupied())
        try await group.shutdownGracefully()
    }

    @Test func whatIsTooLargeIsNotStored() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier(maxBytes: Self.bound)
            let body = Sample.bytes(Int(Self.bound), seed: 1)
            #expect(!tier.takes(length: Self.bound))
            #expect(!tier.takes(length: .max))
            let response = StoredResponse(Sample.head(length: body.readableBytes, etag: "\"1\""), .whole(body))
            #expect(await bench.store(Sample.response("x"), Sample.key("b"), in: tier, on: loop))
            #expect(!(await bench.store(response, Sample.key("a"), in: tier, on: loop)))
            let ticket = bench.ledger.take()
            for length in [Self.bound, .max] {
                let writer = await tier.beginWriting(
                    response.head, Sample.key("a"), ticket, expectedLength: length, on: loop)
                #expect(writer == nil)
            }
            #expect(await tier.response(for: Sample.key("b"), on: loop) != nil, "nothing left for what never fits")
        }
    }

    @Test func aBodyThatIsNotAsLongAsItsHeadSaysIsNotStored() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            let response = StoredResponse(Sample.head(length: 5, etag: "\"1\""), .whole(ByteBuffer(string: "four")))
            #expect(!(await bench.store(response, Sample.key("a"), in: tier, on: loop)))
            #expect(bench.files() == [])
        }
    }

    @Test func openFilesAreBounded() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier(openFiles: 5)
            for number in 0..<50 {
                #expect(await bench.store(Sample.response("\(number)"), Sample.key("\(number)"), in: tier, on: loop))
                #expect(await tier.response(for: Sample.key("\(number)"), on: loop) != nil)
                _ = tier.find(Sample.key("0"))
            }
            #expect(tier.find(Sample.key("0")) != nil, "the hot one stays open")
            #expect((0..<50).filter { tier.find(Sample.key("\($0)")) != nil }.count == 5)
            // Closing happens on the pool.
            await withCheckedContinuation { done in _ = bench.pool.owe { done.resume() } }
            let open = DiskBench.shell("ls -l /proc/$PPID/fd | grep -c '\(bench.path)/[0-9a-f][0-9a-f]/'")
            #expect((Int(open.dropLast()) ?? 99) <= 6)
        }
    }

    /// Removed files stay readable for those who hold them.
    @Test func readersKeepWhatIsRemoved() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            let responses = ["evict", "purge", "replace", "remove"].map { Sample.response($0 + " me") }
            for (number, response) in responses.enumerated() {
                #expect(await bench.store(response, Sample.key("\(number)"), in: tier, on: loop))
            }
            var held: [StoredResponse] = []
            for number in responses.indices {
                held.append(try #require(await tier.response(for: Sample.key("\(number)"), on: loop)))
            }
            #expect(await bench.store(Sample.response("other"), Sample.key("2"), in: tier, on: loop))
            await tier.remove(Sample.key("3"), on: loop)
            #expect(await bench.purge(.everything, in: tier, on: loop) == 3)
            #expect(bench.files() == [])
            for (found, response) in zip(held, responses) {
                #expect(try await Sample.isSame(found, response, on: loop))
            }
        }
    }

    /// What was read once makes room before what is read again and again.
    @Test func aScanOfTheBucketDoesNotPushOutWhatIsRead() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier(maxBytes: Self.bound)
            for number in 0..<20 {
                #expect(await bench.store(Sample.response("hot"), Sample.key("hot\(number)"), in: tier, on: loop))
            }
            for round in 0..<400 {
                #expect(await bench.store(Sample.response("once"), Sample.key("once\(round)"), in: tier, on: loop))
                _ = await tier.response(for: Sample.key("hot\(round % 20)"), on: loop)
            }
            for number in 0..<20 { #expect(await tier.response(for: Sample.key("hot\(number)"), on: loop) != nil) }
        }
    }
}
