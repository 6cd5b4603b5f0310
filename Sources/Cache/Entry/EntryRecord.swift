import HTTPSemantics
import NIOCore

/// A stored response's head as bytes outside this process: the beginning of a file, or of a value in Redis, with the
/// body right behind it.
///
/// Little endian: 128 bytes of fixed fields, the key, the field lines, zeros, and a trailer with the checksums of the
/// body and of all before the last 8 bytes. The zeros leave room, so that a renewed head takes the place of the old
/// one.
package struct EntryRecord: Sendable {
    package static let magic: UInt32 = 0x5247_5459  // "YTGR"
    package static let version: UInt16 = 1
    /// The fields before the key.
    package static let fixedLength = 128
    package static let trailerLength = 16
    /// What is longer is no head.
    package static let longest = 1 << 20
    /// Heads in files end at a multiple of it.
    private static let grain = 512
    /// What a renewed head may be longer at least.
    private static let spare = 64
    /// Times and ages beyond it are none: sums of them would overflow.
    private static let farthest: Int64 = 1 << 53

    package var space: SpaceIdentity
    package var key: [UInt8]
    package var head: StoredHead
    package var bodyChecksum: UInt64

    package init(space: SpaceIdentity, key: [UInt8], head: StoredHead, bodyChecksum: UInt64) {
        self.space = space
        self.key = key
        self.head = head
        self.bodyChecksum = bodyChecksum
    }

    /// How long the record is without zeros.
    package var shortestLength: Int { Self.fixedLength + key.count + head.lines.readableBytes + Self.trailerLength }

    /// How long the record is in a file, with room for a longer one.
    package var roomyLength: Int { (shortestLength + Self.spare + Self.grain - 1) / Self.grain * Self.grain }

    /// The record in exactly `length` bytes; nil when it does not fit.
    package func encoded(in length: Int) -> ByteBuffer? {
        guard length >= shortestLength, length <= Self.longest else { return nil }
        var out = ByteBufferAllocator().buffer(capacity: length)
        writeFixed(to: &out, length)
        out.writeBytes(key)
        out.writeImmutableBuffer(head.lines)
        out.writeRepeatingByte(0, count: length - Self.trailerLength - out.readableBytes)
        out.writeInteger(bodyChecksum, endianness: .little)
        out.writeInteger(ContentChecksum.of(out.readableBytesSpan), endianness: .little)
        return out
    }

    private func writeFixed(to out: inout ByteBuffer, _ length: Int) {
        let freshness = head.freshness
        out.writeInteger(Self.magic, endianness: .little)
        out.writeInteger(Self.version, endianness: .little)
        out.writeInteger(head.kind.rawValue)
        out.writeInteger(UInt8((head.lastModified == nil ? 0 : 1) | (freshness.mustRevalidate ? 2 : 0)))
        out.writeInteger(UInt32(truncatingIfNeeded: length), endianness: .little)
        out.writeInteger(UInt32(head.status), endianness: .little)
        out.writeInteger(space.high, endianness: .little)
        out.writeInteger(space.low, endianness: .little)
        for size in [key.count, head.lines.readableBytes, head.etag.lowerBound, head.etag.upperBound] {
            out.writeInteger(UInt32(truncatingIfNeeded: size), endianness: .little)
        }
        out.writeInteger(head.length, endianness: .little)
        out.writeInteger(head.completeLength, endianness: .little)
        let spans = [
            freshness.storedAt, freshness.initialAge, freshness.lifetime, freshness.staleWhileRevalidate,
            freshness.staleIfError,
        ]
        for span in spans { out.writeInteger(min(max(0, span), Self.farthest), endianness: .little) }
        for time in [head.lastModified ?? 0, head.date] {
            out.writeInteger(min(max(-Self.farthest, time), Self.farthest), endianness: .little)
        }
        out.writeInteger(head.mark, endianness: .little)
    }
}

/// Why bytes are no record.
package enum EntryRecordFailure: Error, Equatable, Sendable, CaseIterable {
    /// It ends before its end.
    case short
    /// It does not begin as records do.
    case foreign
    /// It is of another version of this format.
    case otherVersion
    /// Its checksum is another one.
    case damaged
    /// Its checksum holds, and yet it says what cannot be.
    case contradictory
}

extension EntryRecord {
    /// How many bytes must be read to decode the record that begins so.
    package static func length(_ bytes: RawSpan) throws(EntryRecordFailure) -> Int {
        guard bytes.byteCount >= fixedLength else { throw .short }
        let beginning: UInt32 = bytes.load(0)
        // Zeros are what a lost write leaves.
        guard beginning == magic else { throw beginning == 0 ? .short : .foreign }
        guard (bytes.load(4) as UInt16) == version else { throw .otherVersion }
        let length = Int(bytes.load(8) as UInt32)
        guard length >= fixedLength + trailerLength, length <= longest else { throw .damaged }
        return length
    }

    /// Decodes the record at the beginning of `bytes`, which may be followed by others.
    package init(_ bytes: RawSpan) throws(EntryRecordFailure) {
        let length = try Self.length(bytes)
        guard bytes.byteCount >= length else { throw .short }
        guard ContentChecksum.of(bytes.extracting(0..<(length - 8))) == (bytes.load(length - 8) as UInt64) else {
            throw .damaged
        }
        let keyLength = Int(bytes.load(32) as UInt32)
        let linesLength = Int(bytes.load(36) as UInt32)
        let etag = (Int(bytes.load(40) as UInt32), Int(bytes.load(44) as UInt32))
        guard Self.fixedLength + keyLength + linesLength + Self.trailerLength <= length, etag.0 <= etag.1,
            etag.1 <= linesLength, let kind = StoredHead.Kind(rawValue: bytes.load(6)),
            let status = UInt16(exactly: bytes.load(12) as UInt32), let freshness = Self.freshness(bytes)
        else { throw .contradictory }
        let flags: UInt8 = bytes.load(7)
        let body: Int64 = bytes.load(48)
        let complete: Int64 = bytes.load(56)
        let lastModified: Int64 = bytes.load(104)
        let date: Int64 = bytes.load(112)
        guard flags & ~3 == 0, body >= 0, complete >= body, Self.isTime(lastModified), Self.isTime(date) else {
            throw .contradictory
        }
        var lines = ByteBuffer()
        lines.writeBytes(
            bytes.extracting((Self.fixedLength + keyLength)..<(Self.fixedLength + keyLength + linesLength)))
        space = SpaceIdentity(high: bytes.load(16), low: bytes.load(24))
        var key = ByteBuffer()
        key.writeBytes(bytes.extracting(Self.fixedLength..<(Self.fixedLength + keyLength)))
        self.key = Array(key.readableBytesView)
        head = StoredHead(
            kind: kind, status: status, lines: lines, length: body, completeLength: complete, freshness: freshness,
            etag: etag.0..<etag.1, lastModified: flags & 1 == 0 ? nil : lastModified, date: date, mark: bytes.load(120))
        bodyChecksum = bytes.load(length - Self.trailerLength)
    }

    private static func freshness(_ bytes: RawSpan) -> Freshness? {
        for offset in stride(from: 64, through: 96, by: 8) {
            guard (0...farthest).contains(bytes.load(offset) as Int64) else { return nil }
        }
        return Freshness(
            storedAt: bytes.load(64), initialAge: bytes.load(72), lifetime: bytes.load(80),
            staleWhileRevalidate: bytes.load(88), staleIfError: bytes.load(96),
            mustRevalidate: (bytes.load(7) as UInt8) & 2 != 0)
    }

    private static func isTime(_ seconds: Int64) -> Bool { (-farthest...farthest).contains(seconds) }
}

extension RawSpan {
    /// The little-endian integer at `offset`, which is within bounds.
    fileprivate func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Word {
        Word(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Word.self))
    }
}
