import NIOCore

/// Writes a body in chunks (RFC 9112 §7.1).
package enum ChunkEncoder {
    /// What ends the body: the last chunk and an empty trailer section.
    package static let end = ByteBuffer(string: "0\r\n\r\n")
    /// What ends a chunk.
    package static let lineEnd = ByteBuffer(string: "\r\n")

    /// Appends `chunk` with its size line and its end, and takes its bytes; nothing for an empty one: that would be the
    /// end.
    package static func write(_ chunk: inout ByteBuffer, to out: inout ByteBuffer) {
        guard chunk.readableBytes > 0 else { return }
        out.reserveCapacity(minimumWritableBytes: chunk.readableBytes + 20)
        writeHeader(size: chunk.readableBytes, to: &out)
        out.writeBuffer(&chunk)
        out.writeStaticString("\r\n")
    }

    /// Appends the size line of a chunk of `size` bytes, more than 0.
    package static func writeHeader(size: Int, to out: inout ByteBuffer) {
        var digits: InlineArray<18, UInt8> = .init(repeating: UInt8(ascii: "\r"))
        digits[17] = UInt8(ascii: "\n")
        var start = 16
        var rest = UInt(max(size, 0))
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            start -= 1
            digits[start] = digit < 10 ? digit + 0x30 : digit + 0x57
            rest >>= 4
        } while rest > 0
        unsafe out.writeBytes(digits.span.bytes.extracting(start..<18))
    }
}
