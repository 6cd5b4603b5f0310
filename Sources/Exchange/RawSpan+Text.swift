/// Comparing raw bytes with literals, eight at a time.
extension RawSpan {
    /// The byte at `offset`, which must lie inside the span.
    @inlinable @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount))
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset`, which must all lie inside the span; the first one is the least significant.
    @inlinable @inline(__always)
    package func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= byteCount &- 8)
        return UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The four bytes from `offset`, which must all lie inside the span; the first one is the least significant.
    @inlinable @inline(__always)
    package func halfWord(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset <= byteCount &- 4)
        return UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// Whether the span holds exactly these bytes.
    @inlinable @inline(__always)
    package func equals(_ text: StaticString) -> Bool { matches(text, foldsCase: false) }

    /// Whether the span holds these bytes, its ASCII letters taken as lower case.
    ///
    /// `text` may hold lower-case letters, digits, `-` and other bytes below 0x40.
    @inlinable @inline(__always)
    package func equalsFolded(_ text: StaticString) -> Bool { matches(text, foldsCase: true) }

    /// Words overlap at the end instead of being followed by single bytes; with a literal all of it is folded to
    /// constants.
    @inlinable @inline(__always)
    func matches(_ text: StaticString, foldsCase: Bool) -> Bool {
        let count = text.utf8CodeUnitCount
        guard byteCount == count else { return false }
        let expected = unsafe UnsafeRawPointer(text.utf8Start)
        if count >= 8 {
            var at = 0
            while at < count {
                let from = at &+ 8 <= count ? at : count &- 8
                let word = UInt64(littleEndian: unsafe expected.loadUnaligned(fromByteOffset: from, as: UInt64.self))
                // a letter has bit 6 set, and its cases differ in bit 5
                let letters = foldsCase ? (word & 0x4040_4040_4040_4040) &>> 1 : 0
                guard self.word(at: from) | letters == word else { return false }
                at &+= 8
            }
            return true
        }
        if count >= 4 {
            return unsafe matchesHalfWord(expected, at: 0, foldsCase: foldsCase)
                && matchesHalfWord(expected, at: count &- 4, foldsCase: foldsCase)
        }
        for at in 0..<count {
            let byte = unsafe expected.load(fromByteOffset: at, as: UInt8.self)
            guard self.byte(at: at) | (foldsCase ? (byte & 0x40) &>> 1 : 0) == byte else { return false }
        }
        return true
    }

    @inlinable @inline(__always)
    func matchesHalfWord(_ expected: UnsafeRawPointer, at offset: Int, foldsCase: Bool) -> Bool {
        let half = UInt32(littleEndian: unsafe expected.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        return halfWord(at: offset) | (foldsCase ? (half & 0x4040_4040) &>> 1 : 0) == half
    }
}
