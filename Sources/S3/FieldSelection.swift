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
        let bytes = fields.bytes.readableBytesSpan
        let entries = fields.entries.span
        var run = 0..<0
        for index in entries.indices where keeps(entries[index].name) {
            guard let line = bytes.line(entries[index]) else {
                out.writeBytes(bytes.extracting(run))
                run = 0..<0
                fields.copy(entries[index], to: &out)
                continue
            }
            if line.lowerBound == run.upperBound, !run.isEmpty {
                run = run.lowerBound..<line.upperBound
            } else {
                out.writeBytes(bytes.extracting(run))
                run = line
            }
        }
        out.writeBytes(bytes.extracting(run))
    }
}

extension RawSpan {
    /// Where the whole line of `entry` stands, with `: ` and CRLF just as they are to be sent; nil when it stands
    /// there in another form.
    fileprivate func line(_ entry: FieldBlock.Entry) -> Range<Int>? {
        let name = Int(entry.nameStart)
        let nameEnd = name + Int(entry.nameLength)
        let value = Int(entry.valueStart)
        let valueEnd = value + Int(entry.valueLength)
        guard value == nameEnd + 2, valueEnd + 2 <= byteCount,
            byte(at: nameEnd) == UInt8(ascii: ":"), byte(at: nameEnd + 1) == UInt8(ascii: " "),
            byte(at: valueEnd) == UInt8(ascii: "\r"), byte(at: valueEnd + 1) == UInt8(ascii: "\n")
        else { return nil }
        return name..<(valueEnd + 2)
    }
}
