import Exchange
import HTTPSemantics
import NIOCore

/// S3's one way to write bytes in a URL: all but the unreserved characters of RFC 3986 becomes `%XX`, in upper case.
///
/// See "UriEncode" in the AWS documentation of Signature Version 4. A path keeps its slashes, a query does not.
package enum PercentEncoding {
    package static func encoded(_ text: String) -> String {
        var out = ByteBuffer()
        out.writePercentEncoded(text.utf8.span, keepsSlash: false)
        return String(buffer: out)
    }

    /// Undoes one level of encoding; nil for a `%` without two hexadecimal digits.
    package static func decoded(_ raw: Span<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < raw.count, let high = raw[index].hexDigit, let low = raw[index + 1].hexDigit
                else { return nil }
                out.append(high << 4 | low)
                index += 2
            } else {
                out.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return out
    }
}

extension ByteBuffer {
    /// Appends `bytes` percent-encoded.
    mutating func writePercentEncoded(_ bytes: Span<UInt8>, keepsSlash: Bool) {
        writeWithOutputRawSpan(minimumWritableBytes: 3 * bytes.count) { out in
            out.append(percentEncoded: bytes, keepsSlash: keepsSlash)
        }
    }
}

extension OutputRawSpan {
    /// Appends `bytes` percent-encoded into room for three times as many; stretches that need none are copied whole.
    mutating func append(percentEncoded bytes: Span<UInt8>, keepsSlash: Bool) {
        var index = 0
        while index < bytes.count {
            let start = index
            index = bytes.plainEnd(from: start, keepsSlash: keepsSlash)
            append(bytes.extracting(start..<index))
            guard index < bytes.count else { return }
            let byte = bytes[index]
            append(UInt8(ascii: "%"))
            append(byte.upperHighDigit)
            append(byte.upperLowDigit)
            index += 1
        }
    }
}

extension Span where Element == UInt8 {
    /// Where the first byte from `start` is that must be encoded.
    fileprivate func plainEnd(from start: Int, keepsSlash: Bool) -> Int {
        var index = start
        if keepsSlash {
            while index + 8 <= count {
                let others = unsafe bytes.word(at: index).bytesOutsidePaths
                guard others == 0 else { return index + others.trailingZeroBitCount / 8 }
                index += 8
            }
        }
        while index < count, self[index].isUnreserved || (keepsSlash && self[index] == UInt8(ascii: "/")) { index += 1 }
        return index
    }
}

extension UInt64 {
    /// The highest bits of those of the eight bytes that are neither unreserved nor `/`.
    ///
    /// Exact up to and with the lowest one found, beyond which a byte above 0x7f disturbs its neighbour.
    fileprivate var bytesOutsidePaths: UInt64 {
        let lowercased = self | 0x2020_2020_2020_2020
        let isLetter = (lowercased &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(lowercased &+ 0x0505_0505_0505_0505)
        // from - to 9
        let isInner = (self &+ 0x5353_5353_5353_5353) & ~(self &+ 0x4646_4646_4646_4646)
        let isUnderscore = ~((self ^ 0x5f5f_5f5f_5f5f_5f5f) &+ 0x7f7f_7f7f_7f7f_7f7f)
        let isTilde = ~((self ^ 0x7e7e_7e7e_7e7e_7e7e) &+ 0x7f7f_7f7f_7f7f_7f7f)
        return (~(isLetter | isInner | isUnderscore | isTilde) | self) & 0x8080_8080_8080_8080
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLowercaseLetter: Bool { self >= 0x61 && self <= 0x7a }

    /// A letter, a digit, or one of `-._~` (RFC 3986 §2.3): one bit for each of the first 128 characters.
    var isUnreserved: Bool {
        let mask: UInt64 = self < 64 ? 0x03ff_6000_0000_0000 : 0x47ff_fffe_87ff_fffe
        return self < 128 && mask >> UInt64(self & 63) & 1 == 1
    }

    var upperHighDigit: UInt8 { Self.upperDigit(self >> 4) }
    var upperLowDigit: UInt8 { Self.upperDigit(self & 15) }

    private static func upperDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
