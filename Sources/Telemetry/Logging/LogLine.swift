import Exchange
import NIOCore

/// The fields of one log line, in either format, written straight into a buffer's spare capacity.
extension OutputRawSpan {
    /// Starts a line: time, level and the constant message.
    mutating func beginLine(
        _ timestamp: inout Timestamp, _ time: WallTime, _ level: LogLevel, _ message: StaticString, _ format: LogFormat
    ) {
        switch format {
        case .json:
            write("{\"timestamp\":\"")
            timestamp.write(time, to: &self)
            write("\",\"level\":\"")
            write(level.name)
            write("\",\"message\":\"")
            message.withSpan { write(escaped: $0, limit: 256) }
            write("\"")
        case .text:
            timestamp.write(time, to: &self)
            write(" ")
            write(level.name)
            write(" ")
            message.withSpan { write(escaped: $0, limit: 256) }
        }
    }

    mutating func endLine(_ format: LogFormat) {
        if format == .json { write("}\n") } else { write("\n") }
    }

    @inline(__always)
    mutating func key(_ name: StaticString, _ format: LogFormat) {
        switch format {
        case .json:
            write(jsonKey: name)
        case .text:
            write(" ")
            write(name)
            write("=")
        }
    }

    mutating func field(_ name: StaticString, _ number: Int64, _ format: LogFormat) {
        key(name, format)
        write(decimal: number)
    }

    mutating func field(_ name: StaticString, milliseconds nanoseconds: Int64, _ format: LogFormat) {
        key(name, format)
        write(milliseconds: nanoseconds)
    }

    mutating func field(_ name: StaticString, _ flag: Bool, _ format: LogFormat) {
        key(name, format)
        write(flag ? "true" : "false" as StaticString)
    }

    /// A text from outside, cut at `limit` bytes of the line.
    mutating func field(_ name: StaticString, _ text: RawSpan, limit: Int, _ format: LogFormat) {
        key(name, format)
        if format == .text, isBare(text, limit: limit) { return write(text) }
        write(UInt8(ascii: "\""))
        write(escaped: text, limit: limit)
        write(UInt8(ascii: "\""))
    }

    /// The same, left out when there is none.
    mutating func field(_ name: StaticString, _ text: ByteBuffer?, limit: Int, _ format: LogFormat) {
        if let text { field(name, text.readableBytesSpan, limit: limit, format) }
    }

    /// A text of the program's own: plain ASCII that needs no escape and no quotes in text.
    @inline(__always)
    mutating func field(_ name: StaticString, constant: StaticString, _ format: LogFormat) {
        key(name, format)
        if format == .json { write(UInt8(ascii: "\"")) }
        write(constant)
        if format == .json { write(UInt8(ascii: "\"")) }
    }

    mutating func field(_ name: StaticString, _ id: RequestID, _ format: LogFormat) {
        key(name, format)
        if format == .json { write(UInt8(ascii: "\"")) }
        write(id)
        if format == .json { write(UInt8(ascii: "\"")) }
    }

    /// Whether a text can stand in a text line as it is: printable ASCII without space, quote, `=` and backslash.
    private func isBare(_ text: RawSpan, limit: Int) -> Bool {
        text.byteCount > 0 && text.byteCount <= limit && text.plainEnd(from: 0, isBare: true) == text.byteCount
    }
}

extension StaticString {
    /// The text's bytes; empty for a string that is a single scalar, which no literal in this program is.
    @inline(__always)
    func withSpan(_ body: (RawSpan) -> Void) {
        guard hasPointerRepresentation else { return }
        let bytes = unsafe UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
        unsafe body(bytes.bytes)
    }
}
