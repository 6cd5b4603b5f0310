/// Base64url without padding (RFC 4648 §5, RFC 7515 §2), strict: one text for each sequence of bytes.
enum Base64URL {
    /// The value of each character; 255 for those that are none.
    private static let values: InlineArray<256, UInt8> = .init { index in
        switch index {
        case 0x41...0x5A: UInt8(index - 0x41)
        case 0x61...0x7A: UInt8(index - 0x61 + 26)
        case 0x30...0x39: UInt8(index - 0x30 + 52)
        case 0x2D: 62
        case 0x5F: 63
        default: 255
        }
    }

    /// nil for padding, white space, other alphabets, a lone last character, and bits beyond the last byte.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        let count = text.count / 4 * 3 + (rest == 0 ? 0 : rest - 1)
        var isGood = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { out, written in
            isGood = unsafe decode(text, to: out)
            written = isGood ? count : 0
        }
        return isGood ? bytes : nil
    }

    private static func decode(_ text: Span<UInt8>, to out: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        var (position, written) = (0, 0)
        var seen: UInt8 = 0
        while position &+ 4 <= text.count {
            let (a, b) = (values[Int(text[position])], values[Int(text[position &+ 1])])
            let (c, d) = (values[Int(text[position &+ 2])], values[Int(text[position &+ 3])])
            seen |= a | b | c | d
            unsafe out[written] = a &<< 2 | b &>> 4
            unsafe out[written &+ 1] = b &<< 4 | c &>> 2
            unsafe out[written &+ 2] = c &<< 6 | d
            position &+= 4
            written &+= 3
        }
        var tail: UInt8 = 0
        if position < text.count {
            let (a, b) = (values[Int(text[position])], values[Int(text[position + 1])])
            seen |= a | b
            unsafe out[written] = a &<< 2 | b &>> 4
            tail = b & 0x0F
            if position + 2 < text.count {
                let c = values[Int(text[position + 2])]
                seen |= c
                unsafe out[written + 1] = b &<< 4 | c &>> 2
                tail = c & 0x03
            }
        }
        return seen < 64 && tail == 0
    }
}
