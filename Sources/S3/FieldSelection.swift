import Exchange
import NIOCore

/// Which fields pass from one side to the other, by name; everything not listed stays behind.
package enum FieldSelection: Sendable {
    /// From an origin to the client and into the cache (S3-4). Left behind are the hop-by-hop fields, framing and date
    /// (the door writes its own), cookies, and what tells about the origin: its server, request ids and encryption.
    case originResponse
    /// From a client to an origin (S3-3): ranges and conditions only; never credentials or `x-amz-*`.
    case clientRequest

    package func keeps(_ name: FieldName) -> Bool {
        switch self {
        case .originResponse:
            switch name {
            case .contentType, .etag, .lastModified, .cacheControl, .contentEncoding, .contentDisposition,
                .contentLanguage, .expires, .acceptRanges, .contentRange, .amzMeta, .amzVersionID:
                true
            default: false
            }
        case .clientRequest:
            switch name {
            case .range, .ifRange, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince: true
            default: false
            }
        }
    }

    /// Appends the kept fields of `fields` to `out` as lines, each with its CRLF, in their order.
    ///
    /// Neighbours that stand in the block as clean lines already are copied in one piece.
    package func copy(_ fields: FieldBlock, to out: inout ByteBuffer) {
        var run = 0..<0
        for entry in fields.entries where keeps(entry.name) {
            guard let line = fields.line(entry) else {
                out.writeRange(run, of: fields.bytes)
                run = 0..<0
                fields.copy(entry, to: &out)
                continue
            }
            if line.lowerBound == run.upperBound, !run.isEmpty {
                run = run.lowerBound..<line.upperBound
            } else {
                out.writeRange(run, of: fields.bytes)
                run = line
            }
        }
        out.writeRange(run, of: fields.bytes)
    }
}

extension FieldBlock {
    /// Where the whole line of `entry` stands, with `: ` and CRLF just as they are to be sent; nil when it stands
    /// there in another form.
    fileprivate func line(_ entry: Entry) -> Range<Int>? {
        let name = Int(entry.nameStart)
        let nameEnd = name + Int(entry.nameLength)
        let value = Int(entry.valueStart)
        let valueEnd = value + Int(entry.valueLength)
        let base = bytes.readerIndex
        guard value == nameEnd + 2, valueEnd + 2 <= bytes.readableBytes,
            bytes.getInteger(at: base + nameEnd, as: UInt16.self) == 0x3a20,
            bytes.getInteger(at: base + valueEnd, as: UInt16.self) == 0x0d0a
        else { return nil }
        return name..<(valueEnd + 2)
    }
}

extension ByteBuffer {
    /// Appends the bytes of `other` at `range`, counted from its reader index.
    fileprivate mutating func writeRange(_ range: Range<Int>, of other: ByteBuffer) {
        guard !range.isEmpty, let slice = other.getSlice(at: other.readerIndex + range.lowerBound, length: range.count)
        else { return }
        writeImmutableBuffer(slice)
    }
}
