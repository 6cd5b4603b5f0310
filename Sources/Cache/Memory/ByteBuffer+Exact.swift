import Glibc
@_spi(CustomByteBufferAllocator) import NIOCore

extension ByteBuffer {
    /// What the object costs that a buffer refers to: header, pointer, capacity, the allocator's four functions.
    private static var storageObject: Int { 64 }

    /// What the memory costs that it refers to, whoever else does.
    var residentCost: Int {
        storageCapacity == 0 ? 0 : AllocationSize.rounded(storageCapacity) + Self.storageObject
    }

    /// Whether much of the memory that it keeps is not its own: it is a slice of a greater one, or one that grew.
    var isWasteful: Bool { storageCapacity - readableBytes > readableBytes / 8 + 64 }

    /// The readable bytes of `buffers` in memory of just that size, where a buffer that grows by itself takes a power
    /// of two: up to twice as much, for as long as the response is kept.
    static func exact(_ buffers: some Collection<ByteBuffer>) -> ByteBuffer {
        let size = buffers.reduce(0) { $0 + $1.readableBytes }
        guard size > 0 else { return ByteBuffer() }
        // malloc(3) is what the default allocator frees with.
        guard let memory = unsafe malloc(size) else {
            return buffers.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        }
        let all = unsafe UnsafeMutableRawBufferPointer(start: memory, count: size)
        var offset = 0
        for buffer in buffers {
            // The rest of `all` holds at least what is left of the sum.
            unsafe buffer.withUnsafeReadableBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: all[offset...]).copyMemory(from: bytes)
            }
            offset += buffer.readableBytes
        }
        return unsafe ByteBuffer(takingOwnershipOf: all, allocator: ByteBufferAllocator())
    }
}
