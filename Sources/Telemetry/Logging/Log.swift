import NIOCore

/// The log of rare events, from any thread: one constant message, the data beside it.
///
/// A message is a constant so that it can be searched for and carries no data from outside; the data are escaped and
/// values of secret fields are masked.
package final class Log: Sendable {
    package let level: LogLevel
    package let output: LogOutput
    private let format: LogFormat
    private let clock: @Sendable () -> WallTime

    /// Lines below `level` are not written.
    package init(
        level: LogLevel, format: LogFormat, output: LogOutput, clock: @escaping @Sendable () -> WallTime = WallTime.now
    ) {
        self.level = level
        self.format = format
        self.output = output
        self.clock = clock
    }

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .debug { write(.debug, message, fields()) }
    }

    package func info(_ message: StaticString, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .info { write(.info, message, fields()) }
    }

    package func warn(_ message: StaticString, _ fields: @autoclosure () -> LogFields = [:]) {
        if level <= .warn { write(.warn, message, fields()) }
    }

    package func error(_ message: StaticString, _ fields: @autoclosure () -> LogFields = [:]) {
        write(.error, message, fields())
    }

    /// The longest that one value may become.
    private static let longestValue = 2_048

    private func write(_ level: LogLevel, _ message: StaticString, _ fields: LogFields) {
        var timestamp = Timestamp()
        let time = clock()
        var line = ByteBuffer()
        line.writeWithOutputRawSpan(minimumWritableBytes: 512) { out in
            out.beginLine(&timestamp, time, level, format) { out in
                message.withSpan { out.write(escaped: $0, limit: 256) }
            }
        }
        for (name, value) in fields {
            let room = Self.longestValue + name.utf8CodeUnitCount + 64
            line.writeWithOutputRawSpan(minimumWritableBytes: room) { out in write(name, value, to: &out) }
        }
        line.writeWithOutputRawSpan(minimumWritableBytes: 2) { out in out.endLine(format) }
        output.enqueue(line, lines: 1)
    }

    private func write(_ name: StaticString, _ value: LogValue, to out: inout OutputRawSpan) {
        var isSecret = false
        name.withSpan { isSecret = Redaction.isSecret($0) }
        if isSecret { return out.field(name, constant: Redaction.mask, format) }
        switch value {
        case .string(let text): unsafe out.field(name, text.utf8.span.bytes, limit: Self.longestValue, format)
        case .bytes(let bytes): out.field(name, bytes.readableBytesSpan, limit: Self.longestValue, format)
        case .int(let number): out.field(name, Int64(number), format)
        case .bool(let flag): out.field(name, flag, format)
        case .duration(let duration):
            let parts = duration.components
            let (whole, isTooLong) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
            let nanoseconds = whole.addingReportingOverflow(parts.attoseconds / 1_000_000_000)
            let isOver = isTooLong || nanoseconds.overflow
            out.field(name, milliseconds: isOver ? .max : nanoseconds.partialValue, format)
        }
    }
}

/// The data of a log line, in order.
package typealias LogFields = KeyValuePairs<StaticString, LogValue>
