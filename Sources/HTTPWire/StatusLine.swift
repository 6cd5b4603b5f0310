import Exchange

/// `HTTP-version SP status-code SP [reason-phrase] CRLF`, read in place (RFC 9112 §4).
struct StatusLine: Sendable, Equatable {
    var minorVersion: UInt8 = 1
    var status: UInt16 = 0
    /// Where the first field line begins; 0 while the line is not complete.
    var next = 0

    /// Reads the line; false while it is not complete. The reason phrase may be empty, and its space may be missing.
    @inline(__always)
    mutating func read(_ bytes: RawSpan) throws(WireFailure) -> Bool {
        guard let minorVersion = try Version.read(bytes, from: 0), bytes.byteCount > Version.length else {
            return false
        }
        guard bytes.byte(at: Version.length) == UInt8(ascii: " ") else { throw .malformed(.badVersion) }
        var status: UInt16 = 0
        let codeEnd = Version.length &+ 4
        for at in (Version.length &+ 1)..<codeEnd {
            guard at < bytes.byteCount else { return false }
            let digit = bytes.byte(at: at) &- 0x30
            guard digit < 10 else { throw .malformed(.badStatus) }
            status = status &* 10 &+ UInt16(digit)
        }
        guard (100...599).contains(status) else { throw .malformed(.badStatus) }
        guard codeEnd < bytes.byteCount else { return false }
        var end = codeEnd
        if bytes.byte(at: codeEnd) == UInt8(ascii: " ") {
            end = bytes.endOfValue(from: codeEnd &+ 1)
        } else if bytes.byte(at: codeEnd) != UInt8(ascii: "\r"), bytes.byte(at: codeEnd) != UInt8(ascii: "\n") {
            throw .malformed(.badStatus)
        }
        guard let next = try bytes.lineEnd(at: end) else { return false }
        (self.minorVersion, self.status, self.next) = (minorVersion, status, next)
        return true
    }
}
