import Exchange
import NIOCore

/// Field lines as they are stored and sent: `name: value CRLF`, one behind the other.
package struct FieldLines {
    package let bytes: ByteBuffer

    package init(_ bytes: ByteBuffer) { self.bytes = bytes }

    /// Visits each line: its name, where that and the value stand, and the line with its CRLF, as offsets from the
    /// first byte.
    package func forEach(
        _ visit: (FieldName, _ spelling: Range<Int>, _ value: Range<Int>, _ line: Range<Int>) -> Void
    ) {
        let span = bytes.readableBytesUInt8Span
        var start = 0
        while start < span.count {
            var colon = start
            while colon < span.count, span[colon] != UInt8(ascii: ":") { colon += 1 }
            var end = colon
            while end < span.count, span[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < span.count else { return }
            let valueStart = min(colon + 2, end)
            let name = FieldName.recognise(bytes.readableBytesSpan.extracting(start..<colon))
            visit(name, start..<colon, valueStart..<max(valueStart, end - 1), start..<(end + 1))
            start = end + 1
        }
    }

    package func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    /// The value of the first line of that name.
    package func value(_ wanted: FieldName) -> ByteBuffer? {
        var found: Range<Int>?
        forEach { name, _, value, _ in
            if found == nil, name == wanted { found = value }
        }
        return found.map(slice)
    }
}
