import Cache
import HTTPSemantics
import NIOCore

extension FuzzTarget {
    /// Files of the cache: whatever lies there is refused, or says what can be and is written again just so.
    ///
    /// The first byte says whether checksum and length are made right before.
    static let cacheFile = FuzzTarget(name: "cachefile") { input in
        var input = input
        guard let mode = input.readInteger(as: UInt8.self) else { return }
        var bytes = [UInt8](input.readableBytesView)
        if mode & 1 != 0 { seal(&bytes) }
        let buffer = ByteBuffer(bytes: bytes)
        guard let record = try? EntryRecord(buffer.readableBytesSpan),
            let length = try? EntryRecord.length(buffer.readableBytesSpan)
        else { return }
        let head = record.head
        precondition(head.etag.upperBound <= head.lines.readableBytes, "an ETag beyond the lines")
        precondition(head.length >= 0 && head.completeLength >= head.length, "lengths that cannot be")
        precondition(record.shortestLength <= length, "more than there is")
        for now in [0, 1 << 53, head.freshness.storedAt] {
            _ = head.freshness.remaining(at: now)
            _ = head.freshness.isFresh(at: now)
        }
        guard let again = record.encoded(in: length) else { preconditionFailure("what was read cannot be written") }
        guard let second = try? EntryRecord(again.readableBytesSpan) else { preconditionFailure("not read again") }
        precondition(second.key == record.key && second.space == record.space, "another name")
        precondition(second.head.lines == head.lines && second.head.etag == head.etag, "other lines")
        precondition(second.head.freshness == head.freshness && second.head.date == head.date, "another time")
        precondition(second.bodyChecksum == record.bodyChecksum && second.head.mark == head.mark, "another body")
    }

    /// Makes a record of what has the room for one.
    private static func seal(_ bytes: inout [UInt8]) {
        guard bytes.count >= EntryRecord.fixedLength + EntryRecord.trailerLength else { return }
        write(UInt64(EntryRecord.magic) | UInt64(EntryRecord.version) << 32, 6, at: 0, &bytes)
        write(UInt64(bytes.count), 4, at: 8, &bytes)
        let sum = ContentChecksum.of(ByteBuffer(bytes: bytes.dropLast(8)).readableBytesSpan)
        write(sum, 8, at: bytes.count - 8, &bytes)
    }

    private static func write(_ value: UInt64, _ count: Int, at offset: Int, _ bytes: inout [UInt8]) {
        for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }
}
