import NIOCore

/// Buffers that were sent, kept for the next messages of about that size. Bound to one event loop.
///
/// A buffer may come back while its bytes are still being sent: whoever takes it then gets new memory.
package struct BufferShelf {
    private static var keptAtMost: Int { 64 }
    /// The most memory that one of them keeps.
    private static var keptCapacity: Int { 32 * 1024 }

    private var buffers: [ByteBuffer] = []

    package init() {}

    var count: Int { buffers.count }

    /// An empty buffer with room for `capacity` bytes.
    package mutating func take(_ capacity: Int) -> ByteBuffer {
        var buffer = buffers.popLast() ?? ByteBuffer()
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    package mutating func put(_ buffer: consuming ByteBuffer) {
        guard buffers.count < Self.keptAtMost, buffer.storageCapacity <= Self.keptCapacity else { return }
        buffers.append(buffer)
    }
}
