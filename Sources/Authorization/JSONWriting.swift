import Exchange
import NIOCore

extension ByteBuffer {
    /// Appends text as a JSON string, quotes included (RFC 8259 §7). The bytes must be UTF-8.
    mutating func writeJSONString(_ text: Span<UInt8>) {
        writeInteger(UInt8(ascii: "\""))
        var index = 0
        while index < text.count {
            let start = index
            while index < text.count, !text[index].needsJSONEscape { index += 1 }
            unsafe writeBytes(text.extracting(start..<index).bytes)
            guard index < text.count else { break }
            writeJSONEscape(text[index])
            index += 1
        }
        writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeJSONEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        default:
            writeStaticString("\\u00")
            writeInteger(byte.upperHexDigits.high)
            writeInteger(byte.upperHexDigits.low)
        }
    }
}

extension UInt8 {
    fileprivate var needsJSONEscape: Bool { self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") }

    /// The two hexadecimal digits, in upper case.
    var upperHexDigits: (high: UInt8, low: UInt8) { ((self >> 4).upperHexDigit, (self & 0x0F).upperHexDigit) }

    private var upperHexDigit: UInt8 { self < 10 ? self + 0x30 : self + 0x37 }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are UTF-8, without which they are no JSON.
    var isUTF8: Bool {
        do { return try UTF8Span(validating: self).count >= 0 } catch { return false }
    }
}
