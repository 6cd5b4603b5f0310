import NIOCore

/// Body chunks that wait for their consumer, in order. One chunk is the common case and needs no array.
struct ChunkQueue {
    private var first: ByteBuffer?
    private var rest: [ByteBuffer] = []
    private var next = 0
    private(set) var bytes = 0
    private var count = 0

    /// Bytes with what keeping each chunk costs beside them: many tiny chunks weigh more than their bytes.
    var weight: Int { bytes + count * 256 }

    var isEmpty: Bool { first == nil }

    mutating func push(_ chunk: ByteBuffer) {
        bytes += chunk.readableBytes
        count += 1
        if first == nil { first = chunk } else { rest.append(chunk) }
    }

    mutating func pop() -> ByteBuffer? {
        guard let chunk = first else { return nil }
        bytes -= chunk.readableBytes
        count -= 1
        if next < rest.count {
            first = rest[next]
            rest[next] = ByteBuffer()
            next += 1
            compact()
        } else {
            first = nil
            rest.removeAll(keepingCapacity: true)
            next = 0
        }
        return chunk
    }

    /// A queue that never runs empty must not keep the places of what it gave out.
    private mutating func compact() {
        guard next > 64, next * 2 > rest.count else { return }
        rest.removeFirst(next)
        next = 0
    }

    mutating func removeAll() {
        first = nil
        rest.removeAll()
        next = 0
        bytes = 0
        count = 0
    }
}
