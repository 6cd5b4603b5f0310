import Exchange

/// One line of a field section, read in place (RFC 9112 §5).
enum FieldLine {
    /// A field; `next` is where the following line begins.
    case field(FieldBlock.Entry, next: Int)
    /// The empty line; `next` is where the body begins.
    case end(next: Int)
    /// The line feed is not there yet.
    case incomplete

    /// Reads the line that begins at `start`.
    @inline(__always)
    static func read(_ bytes: RawSpan, from start: Int) throws(WireFailure) -> FieldLine {
        if start &+ 1 < bytes.byteCount, bytes.byte(at: start) == UInt8(ascii: "\r"),
            bytes.byte(at: start &+ 1) == UInt8(ascii: "\n")
        {
            return .end(next: start &+ 2)
        }
        let colon = bytes.endOfPlain(from: start, to: bytes.byteCount)
        guard colon < bytes.byteCount else { return .incomplete }
        guard colon > start, bytes.byte(at: colon) == UInt8(ascii: ":") else {
            return try readUnusual(bytes, from: start)
        }
        return try readValue(bytes, from: start, colon: colon)
    }

    /// Reads the rest of a line whose name is known to be a token.
    @inline(__always)
    private static func readValue(
        _ bytes: RawSpan, from start: Int, colon: Int
    ) throws(WireFailure) -> FieldLine {
        let name = FieldName.recognise(bytes.extracting(start..<colon))
        var valueStart = colon &+ 1
        while valueStart < bytes.byteCount, bytes.isBlank(at: valueStart) { valueStart &+= 1 }
        var valueEnd = bytes.endOfValue(from: valueStart)
        guard let next = try bytes.lineEnd(at: valueEnd) else { return .incomplete }
        while valueEnd > valueStart, bytes.isBlank(at: valueEnd &- 1) { valueEnd &-= 1 }
        let entry = FieldBlock.Entry(
            name: name, nameStart: UInt32(truncatingIfNeeded: start),
            nameLength: UInt32(truncatingIfNeeded: colon &- start),
            valueStart: UInt32(truncatingIfNeeded: valueStart),
            valueLength: UInt32(truncatingIfNeeded: valueEnd &- valueStart))
        return .field(entry, next: next)
    }

    /// The line is the last one, is wrong, or has a name with other characters than the usual ones.
    @inline(never)
    private static func readUnusual(_ bytes: RawSpan, from start: Int) throws(WireFailure) -> FieldLine {
        let stop = bytes.endOfName(from: start)
        guard stop < bytes.byteCount else { return .incomplete }
        switch bytes.byte(at: stop) {
        case UInt8(ascii: ":"):
            guard bytes.extracting(start..<stop).isToken else { throw .malformed(.badFieldName) }
            return try readValue(bytes, from: start, colon: stop)
        case UInt8(ascii: "\r"):
            guard try bytes.lineEnd(at: stop) != nil else { return .incomplete }
            throw .malformed(.badFieldName)
        case UInt8(ascii: "\n"):
            throw .malformed(.bareLineFeed)
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            throw .malformed(stop == start ? .obsoleteFold : .spaceBeforeColon)
        default:
            throw .malformed(.badFieldName)
        }
    }
}

extension RawSpan {
    /// Whether all bytes are `tchar` and there is at least one.
    var isToken: Bool {
        var at = 0
        while at < byteCount, ByteClass.token.contains(byte(at: at)) { at &+= 1 }
        return at == byteCount && at > 0
    }

    /// Whether the byte is optional white space (RFC 9110 §5.6.3).
    @inline(__always)
    func isBlank(at offset: Int) -> Bool {
        byte(at: offset) == UInt8(ascii: " ") || byte(at: offset) == UInt8(ascii: "\t")
    }

    /// What follows the CR LF that must stand at `offset`; nil while it is not complete.
    @inline(__always)
    func lineEnd(at offset: Int) throws(WireFailure) -> Int? {
        guard offset < byteCount else { return nil }
        guard byte(at: offset) == UInt8(ascii: "\r") else {
            throw .malformed(byte(at: offset) == UInt8(ascii: "\n") ? .bareLineFeed : .controlByte)
        }
        guard offset &+ 1 < byteCount else { return nil }
        guard byte(at: offset &+ 1) == UInt8(ascii: "\n") else { throw .malformed(.bareCarriageReturn) }
        return offset &+ 2
    }
}
