import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// Why the log cannot work.
package enum LogFailure: Error, Equatable, Sendable {
    /// The writer's thread could not be started; the number is errno's.
    case threadRefused(CInt)
}

/// Takes whole log lines from any thread and writes them to a descriptor from a thread of its own.
///
/// A loop must never wait for a terminal, a pipe or a disk: `enqueue` only appends to a bounded queue, and when that is
/// full the lines are dropped and counted. The writer alone may block. A pipe that nobody reads, a reader that left and
/// a full disk cost lines, nothing else; a descriptor in non-blocking mode is waited for.
package final class LogOutput: Sendable {
    private let descriptor: CInt
    private let capacity: Int
    private let onFailure: @Sendable (CInt) -> Void
    /// Rings when the sleeping writer has something to do.
    private let bell = Bell()
    /// A lock of pthreads, which ThreadSanitizer understands; it does not see `Synchronization.Mutex`.
    private let state = NIOLockedValueBox(State())

    private struct Batch {
        var bytes: ByteBuffer
        var lines: Int
    }

    private struct State {
        var queue: [Batch] = []
        /// Memory of the buffers in the queue and in the writer's hands.
        var bytes = 0
        var dropped = 0
        var isWriterAsleep = false
        var isClosed = false
        /// The writer has written everything and is gone.
        var isDone = false
    }

    private enum Work {
        case write([Batch])
        case sleep
        case finish
    }

    /// `capacity` bounds the memory that waits, in bytes. The descriptor stays the caller's. `onFailure` is told, on
    /// the writer's thread, of the errno of the first write that fails, and again after one that did not.
    package init(
        descriptor: CInt, capacity: Int = 8 << 20, onFailure: @escaping @Sendable (CInt) -> Void = { _ in }
    ) throws(LogFailure) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.onFailure = onFailure
        let reference = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<LogOutput>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, reference.toOpaque())
        guard result == 0 else {
            unsafe reference.release()
            throw .threadRefused(result)
        }
        pthread_detach(thread)
    }

    /// Lines lost because the queue was full or the descriptor refused them.
    package var droppedLines: Int { state.withLockedValue { $0.dropped } }

    /// Takes whole lines, or drops them when there is no room. Never blocks on the descriptor.
    package func enqueue(_ bytes: ByteBuffer, lines: Int) {
        let mustWake = state.withLockedValue { state in
            guard !state.isClosed, bytes.storageCapacity <= capacity - state.bytes else {
                state.dropped += lines
                return false
            }
            state.bytes += bytes.storageCapacity
            state.queue.append(Batch(bytes: bytes, lines: lines))
            defer { state.isWriterAsleep = false }
            return state.isWriterAsleep
        }
        if mustWake { bell.ring() }
    }

    /// Takes nothing more, waits until everything is written but no longer than `limit`; whether everything was.
    package func close(within limit: Duration) -> Bool {
        let mustWake = state.withLockedValue { state in
            state.isClosed = true
            defer { state.isWriterAsleep = false }
            return state.isWriterAsleep
        }
        if mustWake { bell.ring() }
        let deadline = ContinuousClock.now + limit
        while !state.withLockedValue({ $0.isDone }) {
            guard ContinuousClock.now < deadline else { return false }
            usleep(500)
        }
        return true
    }

    // MARK: - The writer's thread

    private func run() {
        blockSignals()
        var isMidLine = false
        var isFailing = false
        while true {
            let work = state.withLockedValue { state -> Work in
                guard state.queue.isEmpty else {
                    defer { state.queue = [] }
                    return .write(state.queue)
                }
                if state.isClosed {
                    state.isDone = true
                    return .finish
                }
                state.isWriterAsleep = true
                return .sleep
            }
            switch work {
            case .write(let batches):
                for batch in batches {
                    let failure = write(batch, &isMidLine)
                    if failure != 0, !isFailing { onFailure(failure) }
                    isFailing = failure != 0
                }
            case .sleep: bell.wait()
            case .finish: return
            }
        }
    }

    /// No signal is handled on this thread, and a broken pipe is an error number here, not the process's end.
    private func blockSignals() {
        var all = sigset_t()
        unsafe _ = sigfillset(&all)
        unsafe _ = pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    /// Gives the errno of what kept lines from being written, or 0.
    private func write(_ batch: Batch, _ isMidLine: inout Bool) -> CInt {
        var failure: CInt = 0
        // a torn line is ended first, so that the next one stands alone
        if isMidLine && put(ByteBuffer(string: "\n"), &failure) == 1 { isMidLine = false }
        var lost = isMidLine ? batch.lines : 0
        if !isMidLine {
            let written = put(batch.bytes, &failure)
            if written < batch.bytes.readableBytes {
                let kept = batch.bytes.readableBytesView.prefix(written)
                lost = batch.lines - kept.count { $0 == UInt8(ascii: "\n") }
                isMidLine = kept.last.map { $0 != UInt8(ascii: "\n") } ?? false
            }
        }
        state.withLockedValue { state in
            state.bytes -= batch.bytes.storageCapacity
            state.dropped += max(lost, 0)
        }
        return failure
    }

    /// Writes as much as the descriptor takes; how much that was, and the errno when it was not all.
    private func put(_ bytes: ByteBuffer, _ failure: inout CInt) -> Int {
        unsafe bytes.withUnsafeReadableBytes { region in
            var position = 0
            while position < region.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: region[position...])
                let taken = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if taken > 0 {
                    position += taken
                } else if taken < 0, errno == EINTR || (errno == EAGAIN && isReady()) {
                    continue
                } else {
                    failure = taken < 0 ? errno : EIO
                    break
                }
            }
            return position
        }
    }

    /// Waits until a descriptor in non-blocking mode takes bytes again.
    private func isReady() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while true {
            let count = unsafe poll(&request, 1, -1)
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return false }
        }
    }
}
