import CLinux
import NIOCore

/// Where a loop's reads land: little is copied from here to its size, so that a connection at rest holds no more than
/// it got; for much the memory itself is given away.
@safe final class Landing {
    /// From so many bytes on the memory is given away.
    private static let bulkFrom = 40 * 1024

    private let size: Int
    private var buffer: ByteBuffer
    /// The memory of `buffer`, which stays in its place as long as nobody else has it and nothing is written to it.
    private var memory: UnsafeMutableRawBufferPointer

    init(size: Int) {
        self.size = size
        buffer = ByteBuffer()
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        renew()
    }

    private func renew() {
        buffer = ByteBufferAllocator().buffer(capacity: size)
        unsafe memory = buffer.withUnsafeMutableWritableBytes { unsafe $0 }
    }

    /// One read. nil when nothing came; `count` is what the system said, with the errno.
    func read(_ descriptor: Int32, _ count: inout Int) -> ByteBuffer? {
        count = unsafe receive_now(descriptor, memory.baseAddress, size)
        guard count > 0 else { return nil }
        guard count >= Self.bulkFrom else {
            return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: memory[0..<count]))
        }
        buffer.moveWriterIndex(to: count)
        defer { renew() }
        return buffer
    }
}
