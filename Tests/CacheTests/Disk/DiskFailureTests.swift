import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Cache

/// Whatever the disk does, callers get "nothing stored", and the tier comes back by itself (CACHE-2).
@Suite(.serialized) struct DiskFailureTests {
    private static let key = Sample.key("a")

    @Test func aFolderIsMadeWithThoseAboveIt() async throws {
        let bench = try DiskBench()
        let settings = DiskTierSettings(
            folder: bench.path + "/one/two", maxBytes: 1 << 20, openFiles: 1, retryAfter: .nanoseconds(0))
        let tier = DiskTier(
            settings, spaces: FixedSpaces(), ledger: bench.ledger, pool: bench.pool, reports: DiskReports { _ in })
        tier.start()
        await tier.scanned()
        #expect(tier.currentState == .serving)
        await tier.stop()
    }

    @Test func aFolderThatCannotBeOpenedIsTriedAgain() async throws {
        try await DiskBench.run { bench, loop in
            try DiskBench.write([], to: bench.path)
            let tier = await bench.tier()
            #expect(tier.currentState == .off(.missing))
            for _ in 0..<5 {
                #expect(await tier.response(for: Self.key, on: loop) == nil)
                #expect(!(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop)))
            }
            #expect(unsafe unlink(bench.path) == 0)
            try await DiskRestartTests.comesBack(tier, loop)
            #expect(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop))
            #expect(bench.states.withLockedValue { $0 } == [.off(.missing), .serving])
        }
    }

    @Test func aFolderIsNotTriedAgainTooSoon() async throws {
        try await DiskBench.run { bench, loop in
            try DiskBench.write([], to: bench.path)
            let tier = await bench.tier(retryAfter: .hours(1))
            for _ in 0..<50 { _ = await tier.response(for: Self.key, on: loop) }
            #expect(bench.count(.failed(.missing)) == 1)
        }
    }

    @Test func aFolderThatIsRemovedMeanwhileIsMadeAgain() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop))
            #expect(await bench.store(Sample.response("y"), Sample.key("b"), in: tier, on: loop))
            let response = try #require(await tier.response(for: Self.key, on: loop))
            DiskBench.shell("rm -rf '\(bench.path)'")
            #expect(try await Sample.isSame(response, Sample.response("x"), on: loop))
            #expect(await tier.response(for: Sample.key("b"), on: loop) == nil)
            #expect(!(await bench.store(Sample.response("z"), Self.key, in: tier, on: loop)))
            try await DiskRestartTests.comesBack(tier, loop)
            #expect(await tier.response(for: Self.key, on: loop) == nil)
            #expect(await bench.store(Sample.response("z"), Self.key, in: tier, on: loop))
            #expect(tier.usage(of: nil).items == 1)
            #expect(tier.occupiedBytes == 4096)
        }
    }

    /// The folder that is opened anew is the same one, locked by this tier.
    @Test func aPartThatIsRemovedMeanwhileIsMadeAgain() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop))
            DiskBench.shell("rm -rf '\(bench.path)/tmp'")
            #expect(!(await bench.store(Sample.response("y"), Sample.key("b"), in: tier, on: loop)))
            await tier.scanned()
            #expect(tier.currentState == .serving)
            #expect(await tier.response(for: Self.key, on: loop) != nil)
            #expect(await bench.store(Sample.response("y"), Sample.key("b"), in: tier, on: loop))
            #expect(tier.occupiedBytes == bench.occupied())
        }
    }

    @Test func theFolderBelongsToOneProcess() async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            let second = await bench.tier()
            #expect(second.currentState == .off(.taken))
            #expect(!(await bench.store(Sample.response("x"), Self.key, in: second, on: loop)))
            #expect(await bench.store(Sample.response("x"), Self.key, in: first, on: loop))
            #expect(await second.response(for: Self.key, on: loop) == nil)
            await first.stop()
            try await DiskRestartTests.comesBack(second, loop)
            #expect(await second.response(for: Self.key, on: loop) != nil)
        }
    }

    /// Files may not grow beyond a limit for a while, as if the disk were full.
    @Test func aWriteThatFailsLeavesNothing() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop))
            let big = Sample.response(String(repeating: "y", count: 300_000))
            let ticket = bench.ledger.take()
            let writer = try #require(
                await tier.beginWriting(big.head, Sample.key("w"), ticket, expectedLength: 300_000, on: loop))
            try await Limits.withFileSize(100_000) {
                #expect(!(await bench.store(big, Sample.key("b"), in: tier, on: loop)))
                #expect(tier.currentState == .unwritable(.system(EFBIG)))
                try await writer.append(Sample.bytes(50_000, seed: 1))
                await #expect(throws: StoredFileFailure.system(EFBIG)) {
                    try await writer.append(Sample.bytes(100_000, seed: 2))
                }
                #expect(try await writer.read(at: 49_999, limit: 10, on: loop).readableBytes == 1)
                #expect(!(await writer.commit()))
                #expect(await tier.response(for: Self.key, on: loop) != nil)
            }
            for _ in 0..<3 { _ = await bench.store(big, Sample.key("b"), in: tier, on: loop) }
            #expect(tier.currentState == .serving)
            let found = try #require(await tier.response(for: Sample.key("b"), on: loop))
            #expect(try await Sample.isSame(found, big, on: loop))
            #expect(bench.files().count == 2)
            #expect(tier.occupiedBytes == bench.occupied())
            #expect(
                bench.states.withLockedValue { $0 } == [.serving, .unwritable(.system(EFBIG)), .serving])
        }
    }

    @Test func aProcessWithoutDescriptorsKeepsItsFiles() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            for name in ["a", "b"] {
                #expect(await bench.store(Sample.response(name), Sample.key(name), in: tier, on: loop))
            }
            try await Limits.withoutDescriptors {
                #expect(await tier.response(for: Self.key, on: loop) == nil)
                #expect(!(await bench.store(Sample.response("c"), Sample.key("c"), in: tier, on: loop)))
            }
            #expect(bench.count(.failed(.descriptors)) == 2)
            #expect(await tier.response(for: Self.key, on: loop) != nil)
            for _ in 0..<2 { _ = await bench.store(Sample.response("c"), Sample.key("c"), in: tier, on: loop) }
            #expect(tier.usage(of: nil).items == 3)
        }
    }
}

/// Takes resources from this process for a while.
private enum Limits {
    static func withFileSize(_ bytes: Int, _ body: () async throws -> Void) async throws {
        _ = signal(SIGXFSZ, SIG_IGN)
        try await with(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), rlim_t(bytes), body)
    }

    static func withoutDescriptors(_ body: () async throws -> Void) async throws {
        // Those below are in use as long as the process lives.
        try await with(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), rlim_t(3), body)
    }

    private static func with(
        _ kind: __rlimit_resource_t, _ value: rlim_t, _ body: () async throws -> Void
    ) async throws {
        var before = rlimit()
        try #require(unsafe getrlimit(kind, &before) == 0)
        var limit = rlimit(rlim_cur: value, rlim_max: before.rlim_max)
        try #require(unsafe setrlimit(kind, &limit) == 0)
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try #require(unsafe setrlimit(kind, &before) == 0)
        try result.get()
    }
}
