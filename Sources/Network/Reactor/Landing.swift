import CLinux
import NIOCore

/// Where a loop's reads land: of little, readers take a copy into memory that they use again and again, so that a
/// connection at rest holds no more than it got; for much, the memory itself is given away.
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

    /// One read: what the system said, with the errno.
    func read(_ descriptor: Int32) -> Int { unsafe receive_now(descriptor, memory.baseAddress, size) }

    /// Gives the `count` bytes of the last read to `reader`.
    func hand(_ count: Int, to reader: any StreamReader) {
        guard count >= Self.bulkFrom else {
            return reader.received(copying: unsafe RawSpan(_unsafeBytes: memory[0..<count]))
        }
        buffer.moveWriterIndex(to: count)
        let bytes = buffer
        renew()
        reader.received(bytes)
    }
}

extension ByteBuffer {
    /// The most memory that is kept for what comes next.
    private static var keptCapacity: Int { 16 * 1024 }

    /// Appends bytes. When all before them were read, their memory is used again unless somebody else has it, too.
    package mutating func refill(_ bytes: RawSpan) {
        if readableBytes == 0 {
            if storageCapacity > Self.keptCapacity { self = ByteBuffer() }
            clear(minimumCapacity: bytes.byteCount)
        }
        writeBytes(bytes)
    }
}
