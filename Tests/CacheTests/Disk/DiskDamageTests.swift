import Glibc
import NIOCore
import Network
import Testing

@testable import Cache

/// A file that is not what was written is never served; it is removed and counted (CACHE-2, CACHE-5).
struct DiskDamageTests {
    private static let body = String(repeating: "0123456789", count: 900)
    private static let key = Sample.key("images/cat.jpg")
    private static let headLength = 512

    struct Damage: Sendable, CustomTestStringConvertible {
        let name: String
        let reason: DiskEvent.Removal
        let apply: @Sendable (_ path: String, _ bytes: [UInt8]) throws -> Void

        var testDescription: String { name }
    }

    private static let cuts = [0, 1, 11, 127, 128, 500, 511, 512, 513, 4096, 9_511].map { length in
        Damage(name: "cut at \(length)", reason: .torn) { path, bytes in
            try DiskBench.write(Array(bytes[..<length]), to: path)
        }
    }

    private static let flips = [10, 12, 33, 64, 128, 140, 300, 495, 504, 511, 512, 5_000, 9_511].map { offset in
        Damage(name: "a bit at \(offset)", reason: .torn) { path, bytes in
            var bytes = bytes
            bytes[offset] ^= 4
            try DiskBench.write(bytes, to: path)
        }
    }

    private static let others: [Damage] = [
        Damage(name: "longer", reason: .torn) { path, bytes in try DiskBench.write(bytes + [0], to: path) },
        Damage(name: "zeros", reason: .torn) { path, bytes in
            try DiskBench.write(Array(repeating: 0, count: bytes.count), to: path)
        },
        Damage(name: "another body of that length", reason: .torn) { path, bytes in
            try DiskBench.write(bytes[..<512] + bytes[512...].reversed(), to: path)
        },
        Damage(name: "another version", reason: .foreign) { path, bytes in
            var bytes = bytes
            bytes[4] = 2
            try DiskBench.write(bytes, to: path)
        },
        Damage(name: "something else", reason: .foreign) { path, _ in
            try DiskBench.write(Array(repeating: 0x41, count: 9000), to: path)
        },
        Damage(name: "another key's record", reason: .foreign) { path, bytes in
            try DiskBench.write(try record(space: 1, key: "images/dog.jpg", bytes), to: path)
        },
        Damage(name: "another space's record", reason: .foreign) { path, bytes in
            try DiskBench.write(try record(space: 2, key: "images/cat.jpg", bytes), to: path)
        },
        Damage(name: "a folder", reason: .foreign) { path, _ in
            DiskBench.shell("rm '\(path)' && mkdir '\(path)'")
        },
        Damage(name: "a link to a right file", reason: .foreign) { path, _ in
            DiskBench.shell("mv '\(path)' '\(path.dropLast(67))aside' && ln -s '\(path.dropLast(67))aside' '\(path)'")
        },
        Damage(name: "a pipe", reason: .foreign) { path, _ in
            DiskBench.shell("rm '\(path)' && mkfifo '\(path)'")
        },
    ]

    private static func record(space: UInt64, key: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let old = try EntryRecord(ByteBuffer(bytes: bytes).readableBytesSpan)
        let new = EntryRecord(
            space: SpaceIdentity(high: old.space.high, low: space), key: Array(key.utf8), head: old.head,
            bodyChecksum: old.bodyChecksum)
        let head = try #require(new.encoded(in: headLength))
        return Array(head.readableBytesView) + bytes[headLength...]
    }

    @Test(arguments: cuts + flips + others)
    func isNeverServed(_ damage: Damage) async throws {
        for isScanned in [true, false] {
            try await DiskBench.run { bench, loop in
                let first = await bench.tier()
                #expect(await bench.store(Sample.response(Self.body), Self.key, in: first, on: loop))
                await first.stop()
                let path = try bench.file(of: Self.key)
                let bytes = try DiskBench.read(path)
                #expect(bytes.count == Self.headLength + Self.body.utf8.count)
                try damage.apply(path, bytes)

                let second = await bench.tier(isScanned: isScanned)
                while second.currentState == .starting { await Task.yield() }
                #expect(await second.response(for: Self.key, on: loop) == nil)
                await second.scanned()
                #expect(bench.files() == [])
                #expect(bench.count(.removed(damage.reason)) == 1)
                #expect(second.usage(of: nil) == TierUsage())
                #expect(second.occupiedBytes == 0)
                #expect(await bench.store(Sample.response("new"), Self.key, in: second, on: loop))
            }
        }
    }

    @Test func whatAKilledProcessLeftIsRemoved() async throws {
        try await DiskBench.run { bench, loop in
            await bench.tier().stop()
            try DiskBench.write([1, 2, 3], to: bench.path + "/tmp/1")
            try DiskBench.write([], to: bench.path + "/tmp/ff")
            let tier = await bench.tier()
            #expect(bench.count(.removed(.orphan)) == 2)
            #expect(bench.files() == [])
            #expect(await bench.store(Sample.response("x"), Self.key, in: tier, on: loop))
        }
    }

    /// Only what lies where this tier puts files is removed.
    @Test func strangersAreRemovedFromItsPlacesOnly() async throws {
        try await DiskBench.run { bench, _ in
            await bench.tier().stop()
            let strange = [
                "ab/readme", "ab/" + String(repeating: "a", count: 63), "ab/" + String(repeating: "A", count: 64),
            ]
            DiskBench.shell("mkdir -p '\(bench.path)/ab' '\(bench.path)/abc' '\(bench.path)/ab/full'")
            for file in strange + ["abc/mine", "ab/full/mine", "mine"] {
                try DiskBench.write([1], to: bench.path + "/" + file)
            }
            try DiskBench.write([1], to: bench.path + "/cd")
            let tier = await bench.tier()
            #expect(bench.count(.removed(.foreign)) == 4)
            #expect(bench.files().sorted() == ["./ab/full/mine", "./abc/mine"])
            #expect(DiskBench.shell("cat '\(bench.path)/mine'") == "\u{1}")
            #expect(tier.occupiedBytes == 0)
        }
    }

    /// A bucket that is not configured any more is nobody's.
    @Test func unknownSpacesAreRemoved() async throws {
        try await DiskBench.run { bench, loop in
            let first = await bench.tier()
            #expect(await bench.store(Sample.response("x"), Sample.key("a", space: 5), in: first, on: loop))
            await first.stop()
            let second = DiskTier(
                first.settings, spaces: FixedSpaces(known: 0..<5), ledger: bench.ledger, pool: bench.pool,
                reports: first.reports)
            second.start()
            await second.scanned()
            #expect(bench.count(.removed(.foreign)) == 1)
            #expect(bench.files() == [])
            await second.stop()
        }
    }

    /// What is cut while it is open ends early and is gone afterwards.
    @Test func aFileThatIsCutWhileItIsRead() async throws {
        try await DiskBench.run { bench, loop in
            let tier = await bench.tier()
            #expect(await bench.store(Sample.response(Self.body), Self.key, in: tier, on: loop))
            let response = try #require(await tier.response(for: Self.key, on: loop))
            guard case .file(let file) = response.body else { throw DiskBench.NoFolder() }
            let path = try bench.file(of: Self.key)
            #expect(unsafe truncate(path, 1000) == 0)
            await #expect(throws: StoredFileFailure.truncated) { try await file.read(at: 600, limit: 100, on: loop) }
            #expect(await tier.response(for: Self.key, on: loop) == nil)
            #expect(bench.count(.removed(.torn)) == 1)
        }
    }
}
