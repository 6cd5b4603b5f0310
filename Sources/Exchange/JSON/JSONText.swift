/// The escapes of JSON strings (RFC 8259 §7).
package enum JSONText {
    /// How long the escape at `offset` is; nil when it is none. A high surrogate takes its low one along; one that
    /// stands alone is no escape.
    static func escapeLength(_ text: Span<UInt8>, _ offset: Int) -> Int? {
        guard offset + 1 < text.count else { return nil }
        switch text[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = unit(text, offset) else { return nil }
            guard 0xD800...0xDFFF ~= unit else { return 6 }
            guard unit < 0xDC00, let low = self.unit(text, offset + 6), 0xDC00...0xDFFF ~= low else { return nil }
            return 12
        default: return nil
        }
    }

    /// The UTF-16 code unit of the `\uXXXX` at `offset`.
    private static func unit(_ text: Span<UInt8>, _ offset: Int) -> UInt32? {
        guard offset + 6 <= text.count, text[offset] == UInt8(ascii: "\\"), text[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for index in (offset + 2)..<(offset + 6) {
            let byte = text[index]
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32((byte | 0x20) - 0x57)
            default: return nil
            }
        }
        return unit
    }

    static func isSame(_ text: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count where text[one.lowerBound + offset] != text[other.lowerBound + offset] {
            return false
        }
        return true
    }

    static func holds(_ text: Span<UInt8>, _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) {
            var length = 0
            while length < part.count, text[start + length] == part[length] { length += 1 }
            if length == part.count { return true }
        }
        return false
    }

    /// What a checked string stands for, in UTF-8.
    static func unescaped(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = text[offset]
            guard byte == UInt8(ascii: "\\"), offset + 1 < range.upperBound else {
                out.append(byte)
                offset += 1
                continue
            }
            switch text[offset + 1] {
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                offset += append(text, offset, to: &out)
                continue
            default: out.append(text[offset + 1])
            }
            offset += 2
        }
        return out
    }

    /// Appends the character of the `\u` at `offset`; answers the escape's length.
    private static func append(_ text: Span<UInt8>, _ offset: Int, to out: inout [UInt8]) -> Int {
        guard var value = unit(text, offset) else { return 2 }
        var length = 6
        if 0xD800...0xDBFF ~= value, let low = unit(text, offset + 6) {
            value = 0x10000 + ((value - 0xD800) << 10) + (low & 0x3FF)
            length = 12
        }
        if let scalar = Unicode.Scalar(value) { out.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
        return length
    }
}
