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
    /// Appends `bytes` percent-encoded into room for three times as many.
    mutating func append(percentEncoded bytes: Span<UInt8>, keepsSlash: Bool) {
        for index in bytes.indices {
            let byte = bytes[index]
            if byte.isUnreserved || (keepsSlash && byte == UInt8(ascii: "/")) {
                append(byte)
            } else {
                append(UInt8(ascii: "%"))
                append(byte.upperHighDigit)
                append(byte.upperLowDigit)
            }
        }
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
