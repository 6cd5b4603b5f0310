import NIOCore

/// The id of one request: a UUID of version 4 (RFC 9562 §5.4), kept as two words and written without a string.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    /// Makes an id of 128 random bits; version and variant are set here.
    package init(random high: UInt64, _ low: UInt64) {
        self.high = (high & 0xffff_ffff_ffff_0fff) | 0x4000
        self.low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
    }

    /// Appends the 36 characters of the id.
    package func write(to out: inout ByteBuffer) {
        let text = text
        unsafe out.writeBytes(text.span.bytes)
    }

    /// The 36 characters of the id: `8-4-4-4-12` digits.
    package var text: InlineArray<36, UInt8> {
        var text: InlineArray<36, UInt8> = .init(repeating: UInt8(ascii: "-"))
        Self.put(Self.hex(high >> 32), digits: 8, at: 0, &text)
        Self.put(Self.hex(high >> 16), digits: 4, at: 9, &text)
        Self.put(Self.hex(high), digits: 4, at: 14, &text)
        Self.put(Self.hex(low >> 48), digits: 4, at: 19, &text)
        Self.put(Self.hex(low >> 32), digits: 4, at: 24, &text)
        Self.put(Self.hex(low), digits: 8, at: 28, &text)
        return text
    }

    /// Writes the last `digits` characters of `word`, the first of them in the highest byte.
    @inline(__always)
    private static func put(_ word: UInt64, digits: Int, at start: Int, _ text: inout InlineArray<36, UInt8>) {
        for place in 0..<digits {
            text[start &+ place] = UInt8(truncatingIfNeeded: word &>> UInt64(8 &* (digits &- 1 &- place)))
        }
    }

    /// The eight hexadecimal digits of the lower 32 bits, the first in the highest byte; all eight at once.
    private static func hex(_ word: UInt64) -> UInt64 {
        var nibbles = word & 0xffff_ffff
        nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((nibbles &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    package var description: String {
        var out = ByteBuffer()
        write(to: &out)
        return String(buffer: out)
    }
}
