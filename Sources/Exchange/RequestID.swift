import NIOCore

/// The id of one request: a UUID, of version 4 where it is ours (RFC 9562 §5.4), kept as two words and written without
/// a string.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    /// Makes an id of 128 random bits; version and variant are set here.
    package init(random high: UInt64, _ low: UInt64) {
        self.high = (high & 0xffff_ffff_ffff_0fff) | 0x4000
        self.low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
    }

    /// Takes the text of any UUID (RFC 9562 §4), its digits in either case; nil for anything else.
    package init?(_ text: Span<UInt8>) {
        guard text.count == 36 else { return nil }
        var bits: UInt128 = 0
        for index in text.indices {
            let byte = text[index]
            switch index {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
            default:
                let digit: UInt8
                switch byte {
                case 0x30...0x39: digit = byte - 0x30
                case 0x41...0x46: digit = byte - 0x37
                case 0x61...0x66: digit = byte - 0x57
                default: return nil
                }
                bits = bits << 4 | UInt128(digit)
            }
        }
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    /// Appends the 36 characters of the id.
    package func write(to out: inout ByteBuffer) {
        let text = text
        unsafe out.writeBytes(text.span.bytes)
    }

    /// The 36 characters of the id: `8-4-4-4-12` digits.
    package var text: InlineArray<36, UInt8> {
        var text: InlineArray<36, UInt8> = .init(repeating: UInt8(ascii: "-"))
        var span = text.mutableSpan
        // bytes without any rule for them
        var bytes = unsafe span.mutableBytes
        let (middle, end) = (Self.hex(high), Self.hex(low >> 32))
        bytes.storeBytes(of: Self.hex(high >> 32).bigEndian, toByteOffset: 0, as: UInt64.self)
        bytes.storeBytes(of: UInt32(middle >> 32).bigEndian, toByteOffset: 9, as: UInt32.self)
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: middle).bigEndian, toByteOffset: 14, as: UInt32.self)
        bytes.storeBytes(of: UInt32(end >> 32).bigEndian, toByteOffset: 19, as: UInt32.self)
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: end).bigEndian, toByteOffset: 24, as: UInt32.self)
        bytes.storeBytes(of: Self.hex(low).bigEndian, toByteOffset: 28, as: UInt64.self)
        return text
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
