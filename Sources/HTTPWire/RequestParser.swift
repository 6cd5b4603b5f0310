import Exchange
import NIOCore

/// Turns the bytes of a connection into request heads, strictly and in place (RFC 9112; HTTP-1, HTTP-6).
///
/// One parser serves one connection, request after request. The head shares the buffer's storage: nothing is copied,
/// and the list of entries is the only allocation. After a failure the parser must not be used again.
package struct RequestParser {
    private let limits: WireLimits
    private var line = RequestLine()
    private var section: FieldSection
    private var hasSkippedEmptyLine = false

    package init(limits: WireLimits) {
        self.limits = limits
        section = FieldSection(maxFields: limits.maxFields)
    }

    /// The next head, whose bytes are then consumed; nil while it is not complete.
    ///
    /// While it gives nil the buffer is left untouched, but for one empty line in front of the head (RFC 9112 §2.2);
    /// the next call must see the same bytes and more behind them.
    package mutating func parse(_ buffer: inout ByteBuffer) throws(WireFailure) -> RequestHead? {
        var head = RequestHead(in: buffer)
        return try parse(&buffer, into: &head) ? head : nil
    }

    /// The same into a fresh head of the caller's, which saves moving it; false while it is not complete.
    package mutating func parse(
        _ buffer: inout ByteBuffer, into head: inout RequestHead
    ) throws(WireFailure) -> Bool {
        if line.next == 0, !hasSkippedEmptyLine, buffer.peekInteger(as: UInt16.self) == 0x0d0a {
            buffer.moveReaderIndex(forwardBy: 2)
            hasSkippedEmptyLine = true
        }
        guard try advance(buffer.readableBytesSpan) else { return false }
        return finish(&buffer, into: &head)
    }

    /// Reads as many lines as there are; true once the head is complete.
    @inline(__always)
    private mutating func advance(_ all: RawSpan) throws(WireFailure) -> Bool {
        let bytes = all.extracting(first: limits.maxHeadLength)
        guard section.mayProceed(bytes, limit: lineLimit) else { return false }
        if line.next == 0 {
            // a lone CR may become the empty line
            if bytes.byteCount == 1, bytes.byte(at: 0) == UInt8(ascii: "\r"), !hasSkippedEmptyLine { return false }
            if try line.read(bytes, maxTargetLength: limits.maxTargetLength) { section.position = line.next }
        }
        if line.next == 0 {
            section.wait(bytes)
        } else if try section.read(bytes) {
            try check(bytes)
            return true
        }
        guard all.byteCount < limits.maxHeadLength else { throw .headTooLong }
        return false
    }

    /// Where waiting for the end of the line ends.
    @inline(__always)
    private var lineLimit: Int {
        guard line.next == 0 else { return limits.maxHeadLength }
        let limit = limits.maxTargetLength &+ RequestLine.maxMethodLength &+ RequestLine.frameLength
        return min(limits.maxHeadLength, limit)
    }

    /// What only the whole head can tell.
    @inline(__always)
    private func check(_ bytes: RawSpan) throws(WireFailure) {
        try section.facts.checkFraming(minorVersion: line.minorVersion)
        guard let host = section.facts.host else {
            if line.minorVersion > 0 { throw .malformed(.missingHost) }
            return
        }
        if let authority = line.authority,
            !Authority.agree(bytes, authority, host.value, defaultPort: line.defaultPort)
        {
            throw .malformed(.hostDisagrees)
        }
    }

    @inline(__always)
    private mutating func finish(_ buffer: inout ByteBuffer, into head: inout RequestHead) -> Bool {
        guard let bytes = buffer.readSlice(length: section.position) else { return false }
        head.method = line.method
        if case .other = line.method { head.methodToken = bytes.part(0..<line.methodEnd) }
        head.path = line.path.isEmpty ? Self.path(without: line) : bytes.part(line.path)
        if let query = line.query { head.query = bytes.part(query) }
        head.minorVersion = line.minorVersion
        head.framing = section.facts.requestFraming
        head.keepsAlive = section.facts.keepsAlive(minorVersion: line.minorVersion)
        head.expectsContinue =
            section.facts.expectsContinue && !section.facts.expectsOther && line.minorVersion > 0
        head.fields.bytes = bytes
        head.fields.entries = section.takeEntries()
        line = RequestLine()
        hasSkippedEmptyLine = false
        return true
    }

    /// The path of a target in absolute form that has none (RFC 9112 §3.2.1, §3.2.4).
    private static func path(without line: RequestLine) -> ByteBuffer {
        if case .options = line.method, line.query == nil { asterisk } else { slash }
    }

    private static let asterisk = ByteBuffer(string: "*")
    private static let slash = ByteBuffer(string: "/")
}

extension ByteBuffer {
    /// Bytes that are known to be readable, counted from the reader index.
    @inline(__always)
    func part(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
