import Glibc

/// Looks for single bytes, and copies what a log line can hold as it is.
extension RawSpan {
    /// The byte there, 0 beyond the end.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        guard offset >= 0, offset < byteCount else { return 0 }
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Where the next such byte is, or the end.
    func offset(of wanted: UInt8, from start: Int) -> Int {
        guard start >= 0, start < byteCount else { return byteCount }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            let found = unsafe memchr(base + start, CInt(wanted), byteCount &- start)
            return unsafe found.map { unsafe UnsafeRawPointer($0) - base } ?? byteCount
        }
    }

    /// Copies bytes to the same offsets of `target` as long as a log line can hold them as they are; where that ends.
    ///
    /// Sixteen at a time, where the last sixteen overlap with those before them. The range must lie within the span,
    /// and `target` must have room for it.
    @inline(__always)
    func copyPlain(_ range: Range<Int>, to target: UnsafeMutableRawPointer, isBare: Bool) -> Int {
        let last = range.upperBound &- 16
        guard last >= range.lowerBound else { return unsafe copyShort(range, to: target, isBare: isBare) }
        var position = range.lowerBound
        while true {
            let chunk = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: SIMD16<UInt8>.self)
            unsafe target.storeBytes(of: chunk, toByteOffset: position, as: SIMD16<UInt8>.self)
            let count = chunk.plainCount(isBare: isBare)
            guard count == 16, position < last else { return position &+ count }
            position = min(position &+ 16, last)
        }
    }

    /// The same for fewer than sixteen bytes: the first eight together with the last eight, or one by one.
    @inline(__always)
    private func copyShort(_ range: Range<Int>, to target: UnsafeMutableRawPointer, isBare: Bool) -> Int {
        var position = range.lowerBound
        let last = range.upperBound &- 8
        if last >= position {
            let words = SIMD2(
                unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self),
                unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: last, as: UInt64.self))
            unsafe target.storeBytes(of: words[0], toByteOffset: position, as: UInt64.self)
            unsafe target.storeBytes(of: words[1], toByteOffset: last, as: UInt64.self)
            let count = unsafe unsafeBitCast(words, to: SIMD16<UInt8>.self).plainCount(isBare: isBare)
            return count < 8 ? position &+ count : last &+ count &- 8
        }
        while position < range.upperBound {
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            guard byte.isPlain(isBare: isBare) else { break }
            unsafe target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
            position &+= 1
        }
        return position
    }
}

/// Looks for the bytes that a log line cannot hold as they are, sixteen at a time.
extension SIMD16<UInt8> {
    /// How many bytes come before the first one that a log line cannot hold as it is: a control, a quote, a backslash,
    /// DEL or beyond ASCII; with `isBare` also a space or `=`.
    ///
    /// A byte's high bit is set by a subtraction when the byte was below the bound, by the addition when it was DEL;
    /// either may set it as well for a byte that is beyond ASCII anyway.
    @inline(__always)
    func plainCount(isBare: Bool) -> Int {
        let one = Self(repeating: 1)
        var found = self | (self &+ one) | (self &- Self(repeating: 0x20))
        found |= (self ^ Self(repeating: 0x22)) &- one
        found |= (self ^ Self(repeating: 0x5C)) &- one
        if isBare { found |= (self &- Self(repeating: 0x21)) | ((self ^ Self(repeating: 0x3D)) &- one) }
        let words = unsafe unsafeBitCast(found, to: SIMD2<UInt64>.self) & 0x8080_8080_8080_8080
        if words[0] | words[1] == 0 { return 16 }
        let low = UInt64(littleEndian: words[0]).trailingZeroBitCount / 8
        return low < 8 ? low : 8 &+ UInt64(littleEndian: words[1]).trailingZeroBitCount / 8
    }
}

extension UInt8 {
    /// The same for one byte.
    @inline(__always)
    func isPlain(isBare: Bool) -> Bool {
        guard self >= 0x20, self < 0x7F, self != 0x22, self != 0x5C else { return false }
        return !isBare || (self != 0x20 && self != 0x3D)
    }
}
