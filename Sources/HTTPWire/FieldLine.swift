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
        let colon = bytes.endOfName(from: start)
        guard colon < bytes.byteCount else { return .incomplete }
        guard bytes.byte(at: colon) == UInt8(ascii: ":") else { return try readEnd(bytes, from: start, to: colon) }
        let name = FieldName.recognise(bytes.extracting(start..<colon))
        // a name that is listed is a token
        guard
            name.isListed || colon > start && bytes.endOfPlain(from: start, to: colon) == colon
                || bytes.isToken(start..<colon)
        else { throw .malformed(.badFieldName) }
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

    /// The line is the empty one or is wrong: what stands at `stop` is no colon.
    @inline(never)
    private static func readEnd(
        _ bytes: RawSpan, from start: Int, to stop: Int
    ) throws(WireFailure) -> FieldLine {
        switch bytes.byte(at: stop) {
        case UInt8(ascii: "\r"):
            guard let next = try bytes.lineEnd(at: stop) else { return .incomplete }
            guard stop == start else { throw .malformed(.badFieldName) }
            return .end(next: next)
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
    /// Whether all bytes of `range` are `tchar` and there is at least one.
    func isToken(_ range: Range<Int>) -> Bool {
        var at = endOfPlain(from: range.lowerBound, to: range.upperBound)
        while at < range.upperBound, ByteClass.token.contains(byte(at: at)) { at &+= 1 }
        return at == range.upperBound && !range.isEmpty
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
