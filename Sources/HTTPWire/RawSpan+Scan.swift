import Exchange

/// Searches that look at eight bytes at a time.
///
/// Each test sets the top bit of every byte that qualifies; bytes above the first hit may be wrong, so only the first
/// counts. Each search gives the offset of the first hit, or the end.
extension RawSpan {
    /// The first byte that may not stand in a field value: a control byte but HTAB (RFC 9110 §5.5).
    @inline(__always)
    func endOfValue(from start: Int) -> Int {
        var at = firstControl(from: start)
        while at < byteCount, byte(at: at) == UInt8(ascii: "\t") { at = firstControl(from: at &+ 1) }
        return at
    }

    /// The first control byte: below 0x20, or 0x7f.
    @inline(__always)
    private func firstControl(from start: Int) -> Int {
        first(from: start, to: byteCount) { below($0, 0x20) | equal($0, 0x7f) }
    }

    /// The first colon, space or control byte.
    func endOfName(from start: Int) -> Int {
        first(from: start, to: byteCount) { below($0, 0x21) | equal($0, 0x3a) }
    }

    /// The first byte that is no letter, no digit, and neither `-` nor `.`: most tokens and host names hold no other.
    @inline(__always)
    func endOfPlain(from start: Int, to end: Int) -> Int {
        first(from: start, to: end, notPlain)
    }

    /// The first byte that may not stand in a request target: not visible ASCII, or `#`.
    @inline(__always)
    func endOfTarget(from start: Int) -> Int {
        first(from: start, to: byteCount) { below($0, 0x21) | equal($0, 0x7f) | equal($0, 0x23) | $0 }
    }

    /// The first byte of that value.
    @inline(__always)
    func first(_ value: UInt8, from start: Int, to end: Int) -> Int {
        first(from: start, to: end) { equal($0, value) }
    }

    /// `start` is not negative, `end` at most `byteCount`.
    @inline(__always)
    private func first(from start: Int, to end: Int, _ test: (UInt64) -> UInt64) -> Int {
        var at = start
        while at < end {
            guard at &+ 8 <= byteCount else { break }
            // in bounds: `at` only grows from a valid offset, and the guard holds
            let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
            let hits = test(UInt64(littleEndian: word)) & 0x8080_8080_8080_8080
            if hits != 0 { return min(at &+ hits.trailingZeroBitCount &>> 3, end) }
            at &+= 8
        }
        // the last bytes go through the same test, each on its own
        while at < end {
            if test(UInt64(byte(at: at)) | 0x6161_6161_6161_6100) & 0x80 != 0 { return at }
            at &+= 1
        }
        return end
    }
}

/// Marks the bytes below `limit` (at most 0x80).
@inline(__always)
private func below(_ word: UInt64, _ limit: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101 &* limit) & ~word
}

/// Marks the bytes that equal `value`.
@inline(__always)
private func equal(_ word: UInt64, _ value: UInt8) -> UInt64 {
    let difference = word ^ (0x0101_0101_0101_0101 &* UInt64(value))
    return (difference &- 0x0101_0101_0101_0101) & ~difference
}

/// Marks the bytes that are no letters, digits, `-` or `.`; sums of 7-bit bytes do not carry into their neighbours.
@inline(__always)
private func notPlain(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let folded = word | 0x20 &* ones
    let letters = (folded &+ 0x1f &* ones) & ~(folded &+ 0x05 &* ones)
    let fromDashToNine = (word &+ 0x53 &* ones) & ~(word &+ 0x46 &* ones)
    let slashes = 0x80 &* ones &- (word ^ 0x2f &* ones)
    return ~(letters | fromDashToNine & ~slashes) | word
}
