import Exchange
import NIOCore

/// The fields of one log line, in either format, written straight into a buffer's spare capacity.
extension OutputRawSpan {
    /// Starts a line: time, level and the constant message.
    @inline(__always)
    mutating func beginLine(
        _ timestamp: inout Timestamp, _ time: WallTime, _ level: LogLevel, _ format: LogFormat,
        message: (inout OutputRawSpan) -> Void
    ) {
        switch format {
        case .json:
            write("{\"timestamp\":\"")
            timestamp.write(time, to: &self)
            write("\",\"level\":\"", level.name, "\",\"message\":\"")
            message(&self)
            write("\"")
        case .text:
            timestamp.write(time, to: &self)
            write(" ", level.name, " ")
            message(&self)
        }
    }

    @inline(__always)
    mutating func endLine(_ format: LogFormat) {
        if format == .json { write("}\n") } else { write("\n") }
    }

    @inline(__always)
    mutating func key(_ name: StaticString, _ format: LogFormat) {
        switch format {
        case .json: write(",\"", name, "\":")
        case .text: write(" ", name, "=")
        }
    }

    @inline(__always)
    mutating func field(_ name: StaticString, _ number: Int64, _ format: LogFormat) {
        key(name, format)
        write(decimal: number)
    }

    @inline(__always)
    mutating func field(_ name: StaticString, milliseconds nanoseconds: Int64, _ format: LogFormat) {
        key(name, format)
        write(milliseconds: nanoseconds)
    }

    @inline(__always)
    mutating func field(_ name: StaticString, _ flag: Bool, _ format: LogFormat) {
        key(name, format)
        write(flag ? "true" : "false" as StaticString)
    }

    /// A text from outside, cut at `limit` bytes of the line.
    @inline(__always)
    mutating func field(_ name: StaticString, _ text: RawSpan, limit: Int, _ format: LogFormat) {
        switch format {
        case .json: write(",\"", name, "\":\"")
        case .text:
            write(" ", name, "=")
            if text.byteCount > 0, text.byteCount <= limit, write(bare: text) { return }
            write(UInt8(ascii: "\""))
        }
        write(quotedRest: text, limit: limit)
    }

    /// The same, left out when there is none.
    @inline(__always)
    mutating func field(_ name: StaticString, _ text: ByteBuffer?, limit: Int, _ format: LogFormat) {
        if let text = text?.readableBytesSpan { field(name, text, limit: limit, format) }
    }

    /// A text of the program's own: plain ASCII that needs no escape and no quotes in text.
    @inline(__always)
    mutating func field(_ name: StaticString, constant: StaticString, _ format: LogFormat) {
        key(name, format)
        switch format {
        case .json: write("\"", constant, "\"")
        case .text: write(constant)
        }
    }

    @inline(__always)
    mutating func field(_ name: StaticString, _ id: RequestID, _ format: LogFormat) {
        switch format {
        case .json:
            write(",\"", name, "\":\"")
            write(id)
            write("\"")
        case .text:
            write(" ", name, "=")
            write(id)
        }
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
