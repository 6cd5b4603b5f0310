import NIOCore
import Testing

@testable import Cache

/// Records come back as they were, and nothing else does (CACHE-2).
struct EntryRecordTests {
    private static let record = EntryRecord(
        space: SpaceIdentity(high: 1, low: 2), key: Array("images/cat.jpg\0v1.2.".utf8),
        head: Sample.head(length: 7, etag: "\"1\"", age: 1), bodyChecksum: 0x1122_3344_5566_7788)

    @Test func everyHeadComesBack() throws {
        for response in Sample.responses {
            let record = EntryRecord(
                space: SpaceIdentity(high: .max, low: 7), key: Array("k".utf8), head: response.head, bodyChecksum: 9)
            for length in [record.shortestLength, record.roomyLength, record.roomyLength + 4096] {
                var bytes = try #require(record.encoded(in: length))
                #expect(bytes.readableBytes == length)
                bytes.writeString("the body")
                #expect(try EntryRecord.length(bytes.readableBytesSpan) == length)
                #expect(Self.isSame(try EntryRecord(bytes.readableBytesSpan), record))
            }
        }
    }

    @Test func aRecordThatDoesNotFitIsNotWritten() {
        let record = Self.record
        #expect(record.encoded(in: record.shortestLength - 1) == nil)
        #expect(record.encoded(in: EntryRecord.longest + 1) == nil)
        #expect(record.roomyLength % 512 == 0)
        #expect(record.roomyLength - record.shortestLength >= 64)
    }

    @Test func noPartOfARecordIsOne() throws {
        let bytes = try #require(Self.record.encoded(in: Self.record.roomyLength))
        for length in 0..<bytes.readableBytes {
            let part = try #require(bytes.getSlice(at: 0, length: length))
            #expect(Self.failure(part) == .short)
        }
    }

    @Test func everyFlippedBitIsSeen() throws {
        let bytes = [UInt8](try #require(Self.record.encoded(in: Self.record.roomyLength)).readableBytesView)
        for bit in 0..<(bytes.count * 8) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.failure(ByteBuffer(bytes: flipped)) != nil, "bit \(bit)")
        }
    }

    /// Checksums hold, but the fields say what cannot be.
    @Test(arguments: [
        (0, 0x41, EntryRecordFailure.foreign), (4, 9, .otherVersion), (6, 9, .contradictory), (7, 4, .contradictory),
        (14, 1, .contradictory), (35, 0x7f, .contradictory), (39, 1, .contradictory), (43, 1, .contradictory),
        (47, 1, .contradictory), (55, 0x80, .contradictory), (63, 0x80, .contradictory), (71, 0x7f, .contradictory),
        (103, 0x80, .contradictory), (111, 0x7f, .contradictory), (119, 0x80, .contradictory),
    ])
    func whatCannotBeIsRefused(_ offset: Int, _ value: UInt8, _ expected: EntryRecordFailure) throws {
        var bytes = [UInt8](try #require(Self.record.encoded(in: Self.record.roomyLength)).readableBytesView)
        bytes[offset] = value
        let sum = ContentChecksum.of(ByteBuffer(bytes: bytes.dropLast(8)).readableBytesSpan)
        for index in 0..<8 { bytes[bytes.count - 8 + index] = UInt8(truncatingIfNeeded: sum >> UInt64(8 * index)) }
        #expect(Self.failure(ByteBuffer(bytes: bytes)) == expected)
    }

    @Test func zerosAreALostWrite() {
        #expect(Self.failure(ByteBuffer(repeating: 0, count: 4096)) == .short)
    }

    @Test(
        arguments: [
            ("", 0xef46_db37_51d8_e999), ("a", 0xd24e_c4f1_a98c_6e5b), ("abc", 0x44bc_2cf5_ad77_0999),
            ("Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2_e854_70d6_fd96),
        ] as [(String, UInt64)])
    func theChecksumIsXXH64(_ text: String, _ expected: UInt64) {
        #expect(ContentChecksum.of(ByteBuffer(string: text).readableBytesSpan) == expected)
    }

    @Test func theChecksumDoesNotDependOnPieces() throws {
        let bytes = Sample.bytes(300, seed: 5)
        let whole = ContentChecksum.of(bytes.readableBytesSpan)
        for first in stride(from: 0, through: 300, by: 7) {
            for second in stride(from: first, through: 300, by: 11) {
                var checksum = ContentChecksum()
                for range in [0..<first, first..<second, second..<300] {
                    let piece = try #require(bytes.getSlice(at: range.lowerBound, length: range.count))
                    checksum.update(piece.readableBytesSpan)
                }
                #expect(checksum.value == whole)
            }
        }
    }

    private static func failure(_ bytes: ByteBuffer) -> EntryRecordFailure? {
        do throws(EntryRecordFailure) {
            _ = try EntryRecord(bytes.readableBytesSpan)
            return nil
        } catch { return error }
    }

    private static func isSame(_ one: EntryRecord, _ other: EntryRecord) -> Bool {
        let (first, second) = (one.head, other.head)
        return one.space == other.space && one.key == other.key && one.bodyChecksum == other.bodyChecksum
            && first.kind == second.kind && first.status == second.status && first.lines == second.lines
            && first.length == second.length && first.completeLength == second.completeLength
            && first.freshness == second.freshness && first.etag == second.etag
            && first.lastModified == second.lastModified && first.date == second.date && first.mark == second.mark
    }
}
