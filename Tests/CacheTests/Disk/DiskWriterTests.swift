import Glibc
import NIOCore
import Network
import Testing

@testable import Cache

/// Bodies that are written while others read them (CACHE-2, CACHE-4, CACHE-6).
struct DiskWriterTests {
    private static let key = Sample.key("videos/1")
    private static let head = Sample.head(length: 300_000, etag: "\"v\"")

    private struct Case {
        let bench: DiskBench
        let tier: DiskTier
        let loop: LoopContext
        let ticket: PurgeLedger.Ticket

        func begin(_ length: Int64? = 300_000, head: StoredHead = DiskWriterTests.head) async throws -> DiskWriter {
            let writer = await tier.beginWriting(head, DiskWriterTests.key, ticket, expectedLength: length, on: loop)
            return try #require(writer)
        }

        func append(_ seeds: Range<Int>, to writer: DiskWriter) async throws {
            for seed in seeds { try await writer.append(Sample.bytes(100_000, seed: seed)) }
        }

        var found: StoredResponse? { get async { await tier.response(for: DiskWriterTests.key, on: loop) } }
    }

    private static func run(
        maxBytes: Int64 = 1 << 30, _ body: @escaping @Sendable (Case) async throws -> Void
    ) async throws {
        try await DiskBench.run { bench, loop in
            let ticket = bench.ledger.take()
            try await body(Case(bench: bench, tier: await bench.tier(maxBytes: maxBytes), loop: loop, ticket: ticket))
            bench.ledger.giveBack(ticket)
        }
    }

    @Test func readersFollowAndThenFindIt() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            #expect(writer.readAtOnce(at: 0, limit: 10) == nil)
            await #expect(throws: StoredFileFailure.truncated) { try await writer.read(at: 0, limit: 1, on: test.loop) }
            for seed in 0..<3 {
                try await test.append(seed..<(seed + 1), to: writer)
                #expect(writer.writtenLength == Int64(seed + 1) * 100_000)
                let piece = try await writer.read(at: Int64(seed) * 100_000, limit: 200_000, on: test.loop)
                #expect(piece == Sample.bytes(100_000, seed: seed))
                #expect(writer.readAtOnce(at: Int64(seed) * 100_000 + 99_999, limit: 10)?.readableBytes == 1)
            }
            #expect(await test.found == nil, "not before it is whole")
            #expect(await writer.commit())
            #expect(!(await writer.commit()))
            let found = try #require(test.tier.find(Self.key), "its file is open already")
            let body = try await Sample.body(of: found, on: test.loop)
            #expect(
                body == (0..<3).reduce(into: ByteBuffer()) { $0.writeImmutableBuffer(Sample.bytes(100_000, seed: $1)) })
            #expect(test.tier.occupiedBytes == test.bench.occupied())
            #expect(test.bench.files().count == 1)
        }
    }

    @Test func itIsFoundAfterARestart() async throws {
        try await Self.run { test in
            var head = Self.head
            head.length = 0
            head.completeLength = 0
            let writer = try await test.begin(nil, head: head)
            try await test.append(0..<30, to: writer)
            #expect(await writer.commit())
            let before = try #require(await test.found)
            #expect(before.head.length == 3_000_000)
            await test.tier.stop()
            let again = await test.bench.tier()
            let after = try #require(await again.response(for: Self.key, on: test.loop))
            #expect(try await Sample.isSame(before, after, on: test.loop))
        }
    }

    @Test func aShortBodyIsNotStored() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<2, to: writer)
            #expect(!(await writer.commit()))
            #expect(test.bench.files() == [])
            #expect(test.tier.occupiedBytes == 0)
            #expect(await test.found == nil)
        }
    }

    @Test func aLongBodyIsNotStored() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<3, to: writer)
            await #expect(throws: StoredFileFailure.system(EFBIG)) { try await writer.append(ByteBuffer(string: "x")) }
            #expect(!(await writer.commit()))
            #expect(test.bench.files() == [])
        }
    }

    @Test func anAbandonedOneIsGoneButReadable() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<2, to: writer)
            writer.abandon()
            await test.bench.settle(test.tier)
            #expect(test.bench.files() == [])
            #expect(test.tier.occupiedBytes == 0)
            #expect(try await writer.read(at: 100_000, limit: 100_000, on: test.loop) == Sample.bytes(100_000, seed: 1))
            await #expect(throws: StoredFileFailure.self) { try await writer.append(ByteBuffer(string: "x")) }
        }
    }

    @Test func oneThatIsForgottenIsAbandoned() async throws {
        try await Self.run { test in
            _ = try await test.begin()
            await test.bench.settle(test.tier)
            #expect(test.bench.files() == [])
            #expect(test.tier.occupiedBytes == 0)
        }
    }

    @Test func aPurgeMeanwhileKeepsItOut() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<3, to: writer)
            #expect(await test.bench.purge(.object(1, Array("videos/1".utf8)), in: test.tier, on: test.loop) == 0)
            #expect(!(await writer.commit()))
            #expect(test.bench.files() == [])
            #expect(test.tier.occupiedBytes == 0)
            #expect(await test.found == nil)
        }
    }

    @Test func theFinalHeadIsStored() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<3, to: writer)
            let final = Sample.head(length: 300_000, etag: "\"v\"", age: 3, field: "x-late: yes")
            #expect(await writer.commit(final))
            #expect(try #require(await test.found).head.lines == final.lines)
        }
    }

    /// The length is not known, and others must leave for it; beyond the bound it ends.
    @Test func roomIsMadeAsItGrows() async throws {
        try await Self.run(maxBytes: 4 << 20) { test in
            for number in 0..<10 {
                let body = StoredResponse(
                    Sample.head(length: 300_000, etag: "\"1\""), .whole(Sample.bytes(300_000, seed: 1)))
                #expect(await test.bench.store(body, Sample.key("\(number)"), in: test.tier, on: test.loop))
            }
            let writer = try await test.begin(nil)
            try await test.append(0..<30, to: writer)
            #expect(test.tier.occupiedBytes <= 4 << 20)
            #expect(test.bench.count(.evicted) > 4)
            await #expect(throws: StoredFileFailure.system(ENOSPC)) { try await test.append(30..<50, to: writer) }
            await test.bench.settle(test.tier)
            #expect(test.tier.occupiedBytes == test.bench.occupied())
        }
    }

    @Test func sendfileFindsTheBody() async throws {
        try await Self.run { test in
            let writer = try await test.begin()
            try await test.append(0..<3, to: writer)
            #expect(await writer.commit())
            guard case .file(let file) = try #require(await test.found).body else { throw DiskBench.NoFolder() }
            let isDropped = file.withDescriptor { descriptor, _ in
                // Only what was written out can be dropped from memory.
                fsync(descriptor) == 0 ? Int(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)) : -1
            }
            #expect(isDropped == 0)
            let isGone = file.readAtOnce(at: 150_000, limit: 1) == nil
            if isGone { #expect(!file.isResident(100_000..<200_000)) }
            try await file.makeResident(100_000..<200_000, on: test.loop)
            if isGone { #expect(file.readAtOnce(at: 100_000, limit: 100_000)?.readableBytes == 100_000) }
            // Where the system cannot tell, it is false for all.
            #expect(file.isResident(100_000..<200_000) == file.isResident(150_000..<150_001))
            var bytes = [UInt8](repeating: 0, count: 100_000)
            let taken = file.withDescriptor { unsafe pread($0, &bytes, 100_000, off_t($1) + 100_000) }
            #expect(taken == 100_000)
            #expect(ByteBuffer(bytes: bytes) == Sample.bytes(100_000, seed: 1))
            try await file.makeResident(299_000..<400_000, on: test.loop)
            #expect(file.readAtOnce(at: 299_000, limit: 65_536)?.readableBytes == 1000)
            #expect(file.readAtOnce(at: 300_000, limit: 1) == nil)
        }
    }
}
