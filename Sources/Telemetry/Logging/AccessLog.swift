import NIOCore

/// The access log of one event loop: encodes lines into a buffer and hands it over when it is full or asked to.
///
/// A request costs the encoding and no system call. The owner calls `flush` on a timer (100 ms) and before the end.
/// Bound to one event loop.
package final class AccessLog {
    private let output: LogOutput
    private let format: LogFormat
    private let clock: @Sendable () -> WallTime
    /// Never entered twice: bound to one loop, and appending calls nothing of others. So the check of that is left out.
    @exclusivity(unchecked) private var lines = AccessLines()

    package init(output: LogOutput, format: LogFormat, clock: @escaping @Sendable () -> WallTime = WallTime.now) {
        self.output = output
        self.format = format
        self.clock = clock
    }

    /// Appends one request.
    package func record(_ record: borrowing AccessRecord) {
        if unsafe lines.append(record, at: clock(), format) { flush() }
    }

    /// Hands what there is to the output.
    package func flush() {
        guard unsafe lines.count > 0 else { return }
        let full = unsafe lines
        unsafe lines = AccessLines(after: full)
        output.enqueue(full.buffer, lines: full.count)
    }
}

/// Lines that wait to be handed over. A value, so that appending is a single access to the log's state.
private struct AccessLines {
    /// A buffer without room for one more line of any length is handed over at once.
    static let capacity = 65_536

    private(set) var buffer = ByteBuffer()
    private(set) var count = 0
    private var timestamp = Timestamp()

    init() {}

    /// Empty, with as much room as `last` needed: the buffer seldom has to grow.
    init(after last: AccessLines) {
        buffer = ByteBufferAllocator().buffer(capacity: last.buffer.readableBytes + AccessRecord.longestLine)
        timestamp = last.timestamp
    }

    /// Appends one line; whether the buffer is full now.
    mutating func append(_ record: borrowing AccessRecord, at time: WallTime, _ format: LogFormat) -> Bool {
        count &+= 1
        buffer.writeWithOutputRawSpan(minimumWritableBytes: AccessRecord.longestLine) { out in
            record.write(to: &out, &timestamp, at: time, format)
        }
        return buffer.readableBytes > Self.capacity - AccessRecord.longestLine
    }
}
