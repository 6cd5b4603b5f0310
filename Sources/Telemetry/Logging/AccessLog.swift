import Exchange
import NIOCore

/// The access log of one event loop: encodes lines into a buffer and hands it over when it is full or asked to.
///
/// A request costs the encoding and no system call. The owner calls `flush` on a timer (100 ms) and before the end.
/// Bound to one event loop.
package final class AccessLog {
    private let output: LogOutput
    private let format: LogFormat
    private let level: LogLevel
    private let clock: @Sendable () -> WallTime
    /// Never entered twice: bound to one loop, and appending calls nothing of others. So the check of that is left out.
    @exclusivity(unchecked) private var lines = AccessLines()

    /// Lines below `level` are left out.
    package init(
        output: LogOutput, format: LogFormat, level: LogLevel = .info,
        clock: @escaping @Sendable () -> WallTime = WallTime.now
    ) {
        self.output = output
        self.format = format
        self.level = level
        self.clock = clock
    }

    /// Appends one request.
    ///
    /// `head` is what the client sent, as it came; `client` is the text of its address, and `key` the object's key,
    /// decoded, empty when there is none.
    package func record(
        _ record: borrowing AccessRecord, of head: borrowing RequestHead, from client: borrowing ByteBuffer,
        key: Span<UInt8>
    ) {
        guard record.level >= level else { return }
        let time = clock()
        let isFull = unsafe lines.append { out, timestamp in
            unsafe record.write(
                to: &out, &timestamp, at: time, head, client: client.readableBytesSpan, key: key.bytes, format)
        }
        if isFull { flush() }
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

    /// Appends the one line that `write` writes; whether the buffer is full now.
    @inline(__always)
    mutating func append(_ write: (inout OutputRawSpan, inout Timestamp) -> Void) -> Bool {
        count &+= 1
        buffer.writeWithOutputRawSpan(minimumWritableBytes: AccessRecord.longestLine) { write(&$0, &timestamp) }
        return buffer.readableBytes > Self.capacity - AccessRecord.longestLine
    }
}
