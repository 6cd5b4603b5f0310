import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Cache

/// What was stored is found after a restart, and nothing else is (CACHE-2, CACHE-4).
struct DiskRestartTests {
    @Test func theScanFindsWhatWasStored() async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            let keys = Sample.responses.indices.map { Sample.key("images/\($0)", space: UInt32($0 % 3)) }
            for (key, response) in zip(keys, Sample.responses) {
                #expect(await bench.store(response, key, in: first, on: loop))
            }
            let usages = [nil, 0, 1, 2].map { first.usage(of: $0) }
            await first.stop()
            #expect(await first.response(for: keys[0], on: loop) == nil)

            let second = await bench.tier()
            #expect([nil, 0, 1, 2].map { second.usage(of: $0) } == usages)
            #expect(second.occupiedBytes == usages[0].bytes)
            #expect(second.occupiedBytes == bench.occupied())
            for (key, response) in zip(keys, Sample.responses) {
                let found = try #require(await second.response(for: key, on: loop))
                #expect(try await Sample.isSame(found, response, on: loop))
            }
            #expect(bench.states.withLockedValue { $0 } == [.serving, .serving])
        }
    }

    /// Nobody waits for the scan: what lies there is found before, too.
    @Test func theScanIsNotWaitedFor() async throws {
        try await DiskBench.run(threads: 1) { bench, loop in
            let first = await bench.tier()
            for number in 0..<300 {
                #expect(
                    await bench.store(Sample.response("body \(number)"), Sample.key("\(number)"), in: first, on: loop))
            }
            let usage = first.usage(of: nil)
            await first.stop()
            let second = await bench.tier(isScanned: false)
            while second.currentState == .starting { await Task.yield() }
            var early = 0
            for number in 0..<300 {
                if second.state.withLockedValue({ $0.scan != .done }) { early += 1 }
                let found = try #require(await second.response(for: Sample.key("\(number)"), on: loop))
                #expect(try await Sample.isSame(found, Sample.response("body \(number)"), on: loop))
            }
            #expect(early > 0)
            await second.scanned()
            #expect(second.usage(of: nil) == usage)
            #expect(second.occupiedBytes == usage.bytes)
        }
    }

    /// What is stored, removed and replaced before the scan comes there is counted once.
    @Test func theScanAgreesWithWhatHappensMeanwhile() async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            for number in 0..<200 {
                #expect(
                    await bench.store(Sample.response("old \(number)"), Sample.key("\(number)"), in: first, on: loop))
            }
            await first.stop()
            let second = await bench.tier(isScanned: false)
            while second.state.withLockedValue({ $0.scan != .reading && $0.epoch == 0 }) { await Task.yield() }
            var replaced: Set<Int> = []
            for number in stride(from: 199, to: 0, by: -3) {
                let body = String(repeating: "new", count: 3000)
                if await bench.store(Sample.response(body), Sample.key("\(number)"), in: second, on: loop) {
                    replaced.insert(number)
                }
                await second.remove(Sample.key("\(number - 1)"), on: loop)
                #expect(await second.response(for: Sample.key("\(number - 1)"), on: loop) == nil)
            }
            await second.scanned()
            #expect(second.occupiedBytes == bench.occupied())
            #expect(second.occupiedBytes == second.usage(of: nil).bytes)
            for number in 0..<200 {
                let found = await second.response(for: Sample.key("\(number)"), on: loop)
                let isRemoved = number % 3 == 0
                #expect((found == nil) == isRemoved, "\(number)")
                if replaced.contains(number) { #expect(found?.head.length == 9000) }
            }
        }
    }

    @Test(arguments: [PurgeScope.everything, .space(1), .prefix(1, Array("1".utf8)), .object(1, Array("1".utf8))])
    func aPurgeReachesWhatTheScanHasNotSeen(_ scope: PurgeScope) async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            var covered: Set<Int> = []
            for number in 0..<200 {
                let key = Sample.key("\(number)", space: UInt32(number % 2))
                if scope.covers(key) { covered.insert(number) }
                #expect(await bench.store(Sample.response("x"), key, in: first, on: loop))
            }
            await first.stop()
            let second = await bench.tier(isScanned: false)
            while second.currentState == .starting { await Task.yield() }
            #expect(await bench.purge(scope, in: second, on: loop) == covered.count)
            await second.stop()
            let third = await bench.tier()
            for number in 0..<200 {
                let found = await third.response(for: Sample.key("\(number)", space: UInt32(number % 2)), on: loop)
                #expect((found == nil) == covered.contains(number))
            }
        }
    }

    /// A folder that cannot be used during a purge must not bring back what was purged.
    @Test func aPurgeIsRememberedWhileTheFolderIsAway() async throws {
        try await DiskBench.run { bench, loop in
            let holder = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Sample.key("a"), in: holder, on: loop))
            #expect(await bench.store(Sample.response("x"), Sample.key("b", space: 2), in: holder, on: loop))
            let tier = await bench.tier()
            #expect(tier.currentState == .off(.taken))
            #expect(await bench.purge(.space(1), in: tier, on: loop) == 0)
            await holder.stop()
            try await Self.comesBack(tier, loop)
            #expect(await tier.response(for: Sample.key("a"), on: loop) == nil)
            #expect(await tier.response(for: Sample.key("b", space: 2), on: loop) != nil)
        }
    }

    @Test func aSmallerBoundHoldsAfterTheScan() async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            for number in 0..<100 {
                #expect(await bench.store(Sample.response("x"), Sample.key("\(number)"), in: first, on: loop))
            }
            await first.stop()
            let second = await bench.tier(maxBytes: 40 * 4096)
            #expect(second.usage(of: nil).items == 40)
            #expect(bench.occupied() == 40 * 4096)
        }
    }

    @Test func othersCannotReadTheFiles() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Sample.key("a"), in: tier, on: loop))
            let modes = DiskBench.shell("find '\(bench.path)' -printf '%y%m\\n' | sort -u")
            #expect(modes == "d700\nf600\n")
        }
    }

    /// Calls the tier until it serves again.
    static func comesBack(_ tier: DiskTier, _ loop: LoopContext) async throws {
        for _ in 0..<10_000 where tier.currentState != .serving {
            _ = await tier.response(for: Sample.key("nothing"), on: loop)
            await tier.scanned()
        }
        try #require(tier.currentState == .serving)
        await tier.scanned()
    }
}
