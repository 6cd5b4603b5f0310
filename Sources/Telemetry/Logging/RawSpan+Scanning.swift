import Glibc

/// Looks for the bytes that a log line cannot hold as they are, eight at a time.
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

    /// Where the next byte is that is a control, a quote, a backslash, DEL or beyond ASCII; with `isBare` also a
    /// space or `=`.
    func plainEnd(from start: Int, isBare: Bool) -> Int {
        var position = start
        while position &+ 8 <= byteCount {
            let found = Self.trouble(in: word(at: position), isBare: isBare)
            if found != 0 { return position &+ found.trailingZeroBitCount / 8 }
            position &+= 8
        }
        let rest = byteCount &- position
        guard rest > 0 else { return byteCount }
        // the last bytes, with letters above them
        var word = UInt64(0x6161_6161_6161_6161) &<< UInt64(rest &* 8)
        if byteCount >= 8 {
            word |= self.word(at: byteCount &- 8) &>> UInt64((8 &- rest) &* 8)
        } else {
            for offset in 0..<rest { word |= UInt64(byte(at: position &+ offset)) &<< UInt64(offset &* 8) }
        }
        let found = Self.trouble(in: word, isBare: isBare)
        return found == 0 ? byteCount : position &+ found.trailingZeroBitCount / 8
    }

    /// Eight bytes, the first one lowest; they must lie within the span.
    @inline(__always)
    private func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The lowest bit set lies in the first byte that is trouble; 0 when there is none.
    ///
    /// A subtraction sets a byte's high bit when the byte was below the bound, or when it was above 0x7F and so is
    /// trouble anyway; the addition sets it for 0x7F. Only trouble borrows or carries, so only bits above the lowest
    /// can be wrong.
    @inline(__always)
    private static func trouble(in word: UInt64, isBare: Bool) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ (ones &* 0x22)) &- ones
        let backslashes = (word ^ (ones &* 0x5C)) &- ones
        var found = (word &- (ones &* 0x20)) | quotes | backslashes | (word &+ ones) | word
        if isBare { found |= (word &- (ones &* 0x21)) | ((word ^ (ones &* 0x3D)) &- ones) }
        return found & (ones &* 0x80)
    }
}
