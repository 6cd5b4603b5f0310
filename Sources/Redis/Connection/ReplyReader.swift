import NIOCore
import Network

/// The bytes of a connection that are no whole reply yet, and the replies that are. A value without sockets.
///
/// What was read is let go: a connection at rest keeps little memory and none that a value shares, and a stream of
/// replies that never pauses is not collected.
struct ReplyReader {
    /// The most memory that is kept for what comes next, and that what was read may take before what was not.
    private static let kept = 16 * 1024

    private var parser: RESPParser
    private var input = ByteBuffer()

    init(limits: RESPLimits) { parser = RESPParser(limits: limits) }

    /// The memory that is held.
    var capacity: Int { input.storageCapacity }

    mutating func append(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
        } else {
            makeRoom()
            input.writeImmutableBuffer(bytes)
        }
    }

    mutating func append(copying bytes: RawSpan) {
        if input.readableBytes == 0 {
            input.refill(bytes)
        } else {
            makeRoom()
            input.writeBytes(bytes)
        }
    }

    /// The length of a large value is known from its beginning: memory for it is taken once.
    private mutating func makeRoom() {
        let missing = parser.wanted - input.readableBytes
        if missing > input.writableBytes { input.reserveCapacity(minimumWritableBytes: missing) }
    }

    /// The next reply; nil when the rest of it must come first.
    mutating func next() throws(RESPFailure) -> RESPValue? {
        if let value = try parser.next(&input) { return value }
        settle()
        return nil
    }

    private mutating func settle() {
        if input.readableBytes == 0 {
            if input.storageCapacity > Self.kept { input = ByteBuffer() }
        } else if input.readerIndex > Self.kept {
            var rest = ByteBufferAllocator().buffer(capacity: max(input.readableBytes, parser.wanted))
            rest.writeBytes(input.readableBytesSpan)
            input = rest
        }
    }
}
