import Exchange

/// Searches that look at sixteen bytes at a time.
///
/// Each test sets the top bit of every byte that qualifies and of no other; lanes do not carry into their neighbours.
/// Each search gives the offset of the first hit, or the end.
extension RawSpan {
    /// The first byte that may not stand in a field value: a control byte but HTAB (RFC 9110 §5.5).
    @inline(__always)
    func endOfValue(from start: Int) -> Int {
        let end = firstControl(from: start)
        return end < byteCount && byte(at: end) == UInt8(ascii: "\t") ? endOfValue(behindTab: end) : end
    }

    @inline(never)
    private func endOfValue(behindTab tab: Int) -> Int {
        var at = tab
        while at < byteCount, byte(at: at) == UInt8(ascii: "\t") { at = firstControl(from: at &+ 1) }
        return at
    }

    /// The first control byte: below 0x20, or 0x7f.
    @inline(__always)
    private func firstControl(from start: Int) -> Int {
        // one more, 0x7f becomes the least: what is then below 0x21
        first(from: start, to: byteCount) { below(($0 &+ all(1)) & all(0x7f), 0x21) & ~$0 }
    }

    /// The first colon, space or control byte.
    @inline(__always)
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
    func endOfTarget(from start: Int) -> Int { first(from: start, to: byteCount, notTarget) }

    /// The first byte that may not stand in a request target, or `?`.
    @inline(__always)
    func endOfPath(from start: Int) -> Int {
        first(from: start, to: byteCount) { notTarget($0) | equal($0, 0x3f) }
    }

    /// The first byte of that value.
    @inline(__always)
    func first(_ value: UInt8, from start: Int, to end: Int) -> Int {
        first(from: start, to: end) { equal($0, value) }
    }

    /// `start` is not negative, `end` at most `byteCount`.
    @inline(__always)
    private func first(from start: Int, to end: Int, _ test: (Block) -> Block) -> Int {
        let last = byteCount &- Block.scalarCount
        var at = start
        while at < end, at <= last {
            // in bounds: `at` only grows from a valid offset, and the condition holds
            let block = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: Block.self)
            let hits = hits(test(block))
            if hits != 0 { return min(at &+ hits.trailingZeroBitCount &>> 3, end) }
            at &+= Block.scalarCount
        }
        guard at < end else { return end }
        let block =
            // in bounds: the condition holds
            last >= 0 ? unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: last, as: Block.self) : paddedBlock
        let hits = hits(test(block)) &>> UInt128(truncatingIfNeeded: 8 &* (at &- max(last, 0)))
        return hits == 0 ? end : min(at &+ hits.trailingZeroBitCount &>> 3, end)
    }

    /// All bytes, where there are fewer than a block's, and zeros.
    @inline(never)
    private var paddedBlock: Block {
        var block = Block()
        for at in 0..<byteCount { block[at] = byte(at: at) }
        return block
    }
}

/// Bytes that are looked at together.
private typealias Block = SIMD16<UInt8>

@inline(__always)
private func all(_ byte: UInt8) -> Block { Block(repeating: byte) }

/// The marks as one number, the first byte's the least significant.
@inline(__always)
private func hits(_ marked: Block) -> UInt128 {
    // both are sixteen bytes without any rule for them
    UInt128(littleEndian: unsafe unsafeBitCast(marked & all(0x80), to: UInt128.self))
}

/// Marks the bytes below `limit` (at most 0x80).
@inline(__always)
private func below(_ block: Block, _ limit: UInt8) -> Block { (block &- all(limit)) & ~block }

/// Marks the bytes that equal `value`.
@inline(__always)
private func equal(_ block: Block, _ value: UInt8) -> Block { below(block ^ all(value), 1) }

/// Marks the bytes that are not visible ASCII, and `#`.
@inline(__always)
private func notTarget(_ block: Block) -> Block { below(block, 0x21) | equal(block, 0x7f) | equal(block, 0x23) | block }

/// Marks the bytes that are no letters, digits, `-` or `.`.
@inline(__always)
private func notPlain(_ block: Block) -> Block {
    let folded = block | all(0x20)
    let letters = (folded &+ all(0x1f)) & ~(folded &+ all(0x05))
    let fromDashToNine = (block &+ all(0x53)) & ~(block &+ all(0x46))
    return ~(letters | fromDashToNine & ~equal(block, 0x2f)) | block
}
