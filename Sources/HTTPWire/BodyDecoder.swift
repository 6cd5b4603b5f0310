import Exchange
import NIOCore

/// Takes a message's body off a connection's bytes, by its framing (RFC 9112 §6, §7).
///
///     size ──LF──► data(n) ──0 left──► dataEnd ──CR LF──► size
///       └──LF after 0──► trailers ──empty line──► end
///
/// Chunks share the buffer's storage. Chunk extensions and trailers are checked, bounded and dropped.
package struct BodyDecoder {
    package enum Event {
        /// The next bytes, never empty.
        case chunk(ByteBuffer)
        /// The buffer is used up; what is left in it belongs to a line that is not complete.
        case needsMore
        /// The body is complete; the buffer begins with what follows.
        case end
    }

    private enum State {
        case size(ChunkSize)
        case data(Int64)
        case dataEnd
        case trailers(FieldSection)
        case length(Int64)
        case untilClose
        case end
    }

    /// Bytes of a whole trailer section.
    private static let maxTrailerLength = 8192
    private static let maxTrailers = 64
    /// Bytes by which chunk extensions may exceed the data that came with them.
    private static let maxExtensionLength = 16384

    private var state: State
    private var extensionLength = 0

    package init(_ framing: BodyFraming) {
        state =
            switch framing {
            case .none, .length(..<1): .end
            case .length(let count): .length(count)
            case .chunked: .size(ChunkSize())
            case .untilClose: .untilClose
            }
    }

    package var isAtEnd: Bool {
        if case .end = state { true } else { false }
    }

    /// Bytes still to come; nil when nobody knows.
    package var remainingLength: Int64? {
        switch state {
        case .length(let rest): rest
        case .end: 0
        case .size, .data, .dataEnd, .trailers, .untilClose: nil
        }
    }

    /// The connection ended: true when the body is complete.
    package mutating func connectionEnded() -> Bool {
        if case .untilClose = state { state = .end }
        return isAtEnd
    }

    /// The next part of the body; what it covers is taken off the buffer.
    package mutating func next(_ buffer: inout ByteBuffer) throws(WireFailure) -> Event {
        while true {
            switch state {
            case .end:
                return .end
            case .length(let rest):
                guard let chunk = take(rest, from: &buffer) else { return .needsMore }
                let left = rest - Int64(chunk.readableBytes)
                state = left == 0 ? .end : .length(left)
                return .chunk(chunk)
            case .untilClose:
                guard let chunk = take(.max, from: &buffer) else { return .needsMore }
                return .chunk(chunk)
            case .data(let rest):
                guard let chunk = take(rest, from: &buffer) else { return .needsMore }
                let left = rest - Int64(chunk.readableBytes)
                state = left == 0 ? .dataEnd : .data(left)
                extensionLength = max(0, extensionLength - chunk.readableBytes)
                return .chunk(chunk)
            case .dataEnd:
                guard try Self.isDataEnd(buffer.readableBytesSpan) else { return .needsMore }
                buffer.moveReaderIndex(forwardBy: 2)
                state = .size(ChunkSize())
            case .size(let size):
                let count = try readSize(size, buffer.readableBytesSpan)
                guard count > 0 else { return .needsMore }
                buffer.moveReaderIndex(forwardBy: count)
            case .trailers(let section):
                let count = try readTrailers(section, buffer.readableBytesSpan)
                guard count > 0 else { return .needsMore }
                buffer.moveReaderIndex(forwardBy: count)
            }
        }
    }

    private func take(_ limit: Int64, from buffer: inout ByteBuffer) -> ByteBuffer? {
        let count = Int(min(limit, Int64(buffer.readableBytes)))
        return count > 0 ? buffer.readSlice(length: count) : nil
    }

    /// True when CR LF stands in front, which is all that may.
    private static func isDataEnd(_ bytes: RawSpan) throws(WireFailure) -> Bool {
        if bytes.byteCount > 0, bytes.byte(at: 0) != UInt8(ascii: "\r") { throw .malformed(.badChunk) }
        if bytes.byteCount > 1, bytes.byte(at: 1) != UInt8(ascii: "\n") { throw .malformed(.badChunk) }
        return bytes.byteCount > 1
    }

    /// Takes bytes of a size line; gives their number.
    private mutating func readSize(_ before: ChunkSize, _ bytes: RawSpan) throws(WireFailure) -> Int {
        var size = before
        var at = 0
        while at < bytes.byteCount, !size.isComplete {
            try size.take(bytes.byte(at: at))
            at += 1
        }
        extensionLength += size.extensionLength - before.extensionLength
        guard extensionLength <= Self.maxExtensionLength else { throw .malformed(.badChunk) }
        if !size.isComplete {
            state = .size(size)
        } else if size.value > 0 {
            state = .data(size.value)
        } else {
            state = .trailers(FieldSection(maxFields: Self.maxTrailers))
        }
        return at
    }

    /// Gives the length of the whole trailer section; 0 while it is not complete.
    private mutating func readTrailers(_ before: FieldSection, _ all: RawSpan) throws(WireFailure) -> Int {
        var section = before
        let bytes = all.extracting(first: Self.maxTrailerLength)
        if section.mayProceed(bytes, limit: Self.maxTrailerLength) {
            if try section.read(bytes) {
                state = .end
                return section.position
            }
            guard all.byteCount < Self.maxTrailerLength else { throw .headTooLong }
        }
        state = .trailers(section)
        return 0
    }
}
