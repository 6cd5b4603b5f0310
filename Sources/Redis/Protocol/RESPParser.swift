import Exchange
import NIOCore

/// Reads values of RESP3 and RESP2 from bytes that come in pieces; a value without sockets.
///
/// What is complete is taken from the input at once, so nothing is read twice however the bytes are cut. After a
/// failure the place in the stream is lost, and with it the connection.
package struct RESPParser: Sendable {
    enum Read {
        case value(RESPValue)
        /// An aggregate has begun, or an attribute was passed over.
        case nothing
    }

    private let limits: RESPLimits
    private var stack = RESPStack()
    /// A string whose length is known and whose bytes are not all there.
    private var blob: (kind: Blob, length: Int)?
    /// Bytes of the present line that hold no end.
    private var scanned = 0

    private enum Blob { case string, error, verbatim }

    package init(limits: RESPLimits) { self.limits = limits }

    /// Bytes that the next call needs at least, as far as is known: memory may be made ready for them.
    package var wanted: Int { blob.map { $0.length + 2 } ?? 1 }

    /// The next value; nil when more bytes are needed.
    package mutating func next(_ input: inout ByteBuffer) throws(RESPFailure) -> RESPValue? {
        while let read = try readOne(&input) {
            guard case .value(let value) = read else { continue }
            if let whole = try stack.place(value) { return whole }
        }
        return nil
    }

    private mutating func readOne(_ input: inout ByteBuffer) throws(RESPFailure) -> Read? {
        if let blob { return try readBlob(blob.kind, blob.length, &input) }
        guard let type = input.getInteger(at: input.readerIndex, as: UInt8.self) else { return nil }
        guard Self.isKnown(type) else { throw .unknownType }
        guard var line = try readLine(&input) else { return nil }
        line.moveReaderIndex(forwardBy: 1)
        switch type {
        case UInt8(ascii: "+"): return .value(.simple(line.copied))
        case UInt8(ascii: "-"): return .value(.error(line.copied))
        case UInt8(ascii: ":"): return .value(.integer(try RESPText.integer(line)))
        case UInt8(ascii: ","): return .value(.double(try RESPText.double(line)))
        case UInt8(ascii: "#"): return .value(.boolean(try RESPText.boolean(line)))
        case UInt8(ascii: "("): return .value(.bigNumber(try RESPText.bigNumber(line)))
        case UInt8(ascii: "_"):
            guard line.readableBytes == 0 else { throw .badNull }
            return .value(.null)
        case UInt8(ascii: "$"): return try beginBlob(.string, line, &input)
        case UInt8(ascii: "!"): return try beginBlob(.error, line, &input)
        case UInt8(ascii: "="): return try beginBlob(.verbatim, line, &input)
        default: return try beginAggregate(type, line)
        }
    }

    private static func isKnown(_ type: UInt8) -> Bool {
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "#"),
            UInt8(ascii: "("), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "!"), UInt8(ascii: "="),
            UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            true
        default: false
        }
    }

    // MARK: lines

    /// A whole line without its end.
    private mutating func readLine(_ input: inout ByteBuffer) throws(RESPFailure) -> ByteBuffer? {
        guard let length = try lineLength(input.readableBytesSpan) else { return nil }
        let line = input.readSlice(length: length)
        input.moveReaderIndex(forwardBy: 2)
        scanned = 0
        return line
    }

    private mutating func lineLength(_ span: RawSpan) throws(RESPFailure) -> Int? {
        let end = min(span.byteCount, limits.maxLineLength + 1)
        var at = scanned
        while at < end, span.byte(at: at) != 0x0d, span.byte(at: at) != 0x0a { at += 1 }
        scanned = at
        guard at < end else {
            guard end <= limits.maxLineLength else { throw .lineTooLong }
            return nil
        }
        guard span.byte(at: at) == 0x0d else { throw .badEnd }
        guard at + 1 < span.byteCount else { return nil }
        guard span.byte(at: at + 1) == 0x0a else { throw .badEnd }
        return at
    }

    // MARK: strings with a length

    private mutating func beginBlob(
        _ kind: Blob, _ line: ByteBuffer, _ input: inout ByteBuffer
    ) throws(RESPFailure) -> Read? {
        guard let length = try RESPText.length(line) else {
            guard kind == .string else { throw .badLength }
            return .value(.null)
        }
        guard length <= limits.maxBulkLength else { throw .bulkTooLong }
        blob = (kind, length)
        return try readBlob(kind, length, &input)
    }

    private mutating func readBlob(
        _ kind: Blob, _ length: Int, _ input: inout ByteBuffer
    ) throws(RESPFailure) -> Read? {
        guard input.readableBytes - 2 >= length, var bytes = input.readSlice(length: length) else { return nil }
        guard input.readInteger(as: UInt16.self) == 0x0d0a else { throw .badEnd }
        blob = nil
        switch kind {
        case .string: return .value(.bulk(kept(bytes)))
        case .error: return .value(.blobError(bytes.copied))
        case .verbatim:
            guard let format = bytes.readSlice(length: 3), bytes.readInteger(as: UInt8.self) == UInt8(ascii: ":")
            else { throw .badVerbatim }
            return .value(.verbatim(kept(bytes), format: format.copied))
        }
    }

    private func kept(_ bytes: ByteBuffer) -> ByteBuffer {
        bytes.readableBytes >= limits.sharesFrom ? bytes.slice() : bytes.copied
    }

    // MARK: aggregates

    private mutating func beginAggregate(_ type: UInt8, _ line: ByteBuffer) throws(RESPFailure) -> Read {
        guard let count = try RESPText.length(line) else {
            guard type == UInt8(ascii: "*") else { throw .badLength }
            return .value(.null)
        }
        let kind: RESPStack.Kind =
            switch type {
            case UInt8(ascii: "*"): .array
            case UInt8(ascii: "~"): .set
            case UInt8(ascii: "%"): .map
            case UInt8(ascii: ">"): .push
            default: .attribute
            }
        return try stack.begin(kind, count: count, limits).map { .value($0) } ?? .nothing
    }
}

extension ByteBuffer {
    /// The same bytes in memory of their own.
    var copied: ByteBuffer {
        var copy = ByteBuffer()
        copy.writeBytes(readableBytesSpan)
        return copy
    }
}
