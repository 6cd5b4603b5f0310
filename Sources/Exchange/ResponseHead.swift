import NIOCore

/// The head of an answer to a client: a status and field lines that are encoded already.
///
/// `lines` holds `name: value CRLF` for every field but those the door writes by itself: `Date`, `Connection`,
/// `Content-Length`, `Transfer-Encoding`, `X-Request-ID` and those of `cache`. So a head can be kept and sent again
/// with one copy.
package struct ResponseHead: Sendable {
    package var status: UInt16
    package var lines: ByteBuffer
    /// The id that `X-Request-ID` tells; nil leaves that field out.
    package var requestID: RequestID?
    /// What the cache did; nil where none took part.
    package var cache: CacheNote?
    /// `lines` have the `Date` of the origin, which a cache passes on (RFC 9110 §6.6.1).
    package var hasDate = false

    package init(status: UInt16, lines: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.lines = lines
    }

    /// Appends a field line. The value must hold no CR, LF or NUL; data from outside goes through a parser first.
    package mutating func add(_ name: StaticString, _ value: String) {
        lines.writeStaticString(name)
        lines.writeStaticString(": ")
        lines.writeString(value)
        lines.writeStaticString("\r\n")
    }

    package mutating func add(_ name: StaticString, _ value: StaticString) {
        lines.writeStaticString(name)
        lines.writeStaticString(": ")
        lines.writeStaticString(value)
        lines.writeStaticString("\r\n")
    }

    package mutating func add(_ name: StaticString, _ value: Int64) {
        lines.writeStaticString(name)
        lines.writeStaticString(": ")
        lines.writeDecimal(value)
        lines.writeStaticString("\r\n")
    }
}

extension ByteBuffer {
    /// Appends a number in decimal digits, without an intermediate string.
    package mutating func writeDecimal(_ number: Int64) {
        var rest = number.magnitude
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var count = 0
        repeat {
            digits[19 - count] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
            count += 1
        } while rest > 0
        if number < 0 {
            count += 1
            digits[20 - count] = UInt8(ascii: "-")
        }
        unsafe writeBytes(digits.span.bytes.extracting((20 - count)..<20))
    }
}
