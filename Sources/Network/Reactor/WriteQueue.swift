import CLinux
import Glibc
import NIOCore

/// Bytes that wait to be sent, in order; several leave in one system call.
struct WriteQueue {
    enum Outcome: Equatable {
        /// Nothing is left.
        case sent
        /// The socket takes no more for now.
        case blocked
        /// The errno.
        case failed(Int32)
    }

    private struct Write {
        var buffer: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    private static let buffersPerCall = 32

    /// The only one that waits, as nearly always; then `waiting` is empty.
    private var only: ByteBuffer?
    private var waiting: [Write] = []
    /// The first of `waiting` that is not sent.
    private var next = 0
    private var sent: [EventLoopPromise<Void>] = []
    private(set) var bytes = 0

    var isEmpty: Bool { only == nil && next == waiting.count }

    mutating func append(_ buffer: consuming ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        let isOnly = promise == nil && isEmpty
        bytes += buffer.readableBytes
        if isOnly {
            only = buffer
            return
        }
        if let first = only.take() { waiting.append(Write(buffer: first, promise: nil)) }
        waiting.append(Write(buffer: buffer, promise: promise))
    }

    /// The promises of what was sent since the last call.
    mutating func takeSent() -> [EventLoopPromise<Void>] {
        guard !sent.isEmpty else { return [] }
        return exchange(&sent, with: [])
    }

    /// Drops what waits; gives its promises.
    mutating func removeAll() -> [EventLoopPromise<Void>] {
        let promises = sent + waiting[next...].compactMap(\.promise)
        self = WriteQueue()
        return promises
    }

    /// Sends as much as the socket takes.
    mutating func send(to descriptor: Int32) -> Outcome {
        while !isEmpty {
            let (wanted, count) = only == nil ? sendSeveral(to: descriptor) : sendOnly(to: descriptor)
            guard count >= 0 else {
                let code = errno
                if code == EINTR { continue }
                return code == EAGAIN ? .blocked : .failed(code)
            }
            take(count)
            if count < wanted { return .blocked }
        }
        return .sent
    }

    private func sendOnly(to descriptor: Int32) -> (wanted: Int, count: Int) {
        let count = unsafe only?.withUnsafeReadableBytes { bytes in
            unsafe send_now(descriptor, bytes.baseAddress, bytes.count)
        }
        return (bytes, count ?? 0)
    }

    /// The buffers stay in the queue, and so in memory, during the call.
    private func sendSeveral(to descriptor: Int32) -> (wanted: Int, count: Int) {
        var wanted = 0
        let buffers = waiting[next..<min(waiting.count, next + Self.buffersPerCall)]
        let count = unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: buffers.count) { vectors in
            for (index, write) in buffers.enumerated() {
                let base = unsafe write.buffer.withUnsafeReadableBytesWithStorageManagement { bytes, _ in
                    unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                }
                unsafe vectors[index] = iovec(iov_base: base, iov_len: write.buffer.readableBytes)
                wanted += write.buffer.readableBytes
            }
            var message = unsafe msghdr()
            unsafe message.msg_iov = vectors.baseAddress
            unsafe message.msg_iovlen = vectors.count
            return unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
        return (wanted, count)
    }

    /// A queue that never runs empty must not keep the places of what it has sent.
    private mutating func compact() {
        guard next > 64, next * 2 > waiting.count else { return }
        waiting.removeFirst(next)
        next = 0
    }

    private mutating func take(_ count: Int) {
        bytes -= count
        if only != nil {
            if bytes == 0 { only = nil } else { only?.moveReaderIndex(forwardBy: count) }
            return
        }
        var left = count
        while next < waiting.count {
            let size = waiting[next].buffer.readableBytes
            guard left >= size else {
                waiting[next].buffer.moveReaderIndex(forwardBy: left)
                return compact()
            }
            left -= size
            if let promise = waiting[next].promise { sent.append(promise) }
            waiting[next].buffer = ByteBuffer()
            next += 1
        }
        waiting.removeAll(keepingCapacity: true)
        next = 0
    }
}
