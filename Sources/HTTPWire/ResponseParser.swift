import Exchange
import NIOCore

/// Turns the bytes of a connection to an origin into response heads, strictly and in place (RFC 9112 §4, §6.3).
///
/// As strict about framing as the request's side: an origin whose body has two ends is not believed. After a failure
/// the parser must not be used again.
package struct ResponseParser {
    private let limits: WireLimits
    private var line = StatusLine()
    private var section: FieldSection

    package init(limits: WireLimits) {
        self.limits = limits
        section = FieldSection(maxFields: limits.maxFields, allowsEqualLengths: true)
    }

    /// The next head, whose bytes are then consumed; nil while it is not complete, and then the buffer is untouched.
    ///
    /// `isHead`: the request's method was HEAD. Interim responses (1xx) are given too, with framing `.none`.
    package mutating func parse(_ buffer: inout ByteBuffer, isHead: Bool) throws(WireFailure) -> OriginHead? {
        var head = OriginHead(in: buffer)
        return try parse(&buffer, isHead: isHead, into: &head) ? head : nil
    }

    /// The same into a fresh head of the caller's, which saves moving it; false while it is not complete.
    package mutating func parse(
        _ buffer: inout ByteBuffer, isHead: Bool, into head: inout OriginHead
    ) throws(WireFailure) -> Bool {
        guard try advance(buffer.readableBytesSpan) else { return false }
        try section.facts.checkFraming(minorVersion: line.minorVersion)
        guard let bytes = buffer.readSlice(length: section.position) else { return false }
        finish(isHead: isHead, into: &head)
        head.fields.bytes = bytes
        head.fields.entries = section.takeEntries()
        line = StatusLine()
        return true
    }

    @inline(__always)
    private mutating func advance(_ all: RawSpan) throws(WireFailure) -> Bool {
        let bytes = all.extracting(first: limits.maxHeadLength)
        guard section.mayProceed(bytes, limit: limits.maxHeadLength) else { return false }
        if line.next == 0, try line.read(bytes) { section.position = line.next }
        if line.next == 0 {
            section.wait(bytes)
        } else if try section.read(bytes) {
            return true
        }
        guard all.byteCount < limits.maxHeadLength else { throw .headTooLong }
        return false
    }

    @inline(__always)
    private func finish(isHead: Bool, into head: inout OriginHead) {
        let facts = section.facts
        head.status = line.status
        head.minorVersion = line.minorVersion
        head.hasContentRange = facts.hasContentRange
        head.keepsAlive = facts.keepsAlive(minorVersion: line.minorVersion)
        if line.status < 200 || line.status == 204 {
            // such a message has no body whatever it says; one that says otherwise is the last (RFC 9112 §6.3)
            if facts.hasTransferEncoding || (facts.length ?? 0) > 0 { head.keepsAlive = false }
            return
        }
        head.declaredLength = facts.length
        if isHead || line.status == 304 {
            // it may say so, and some then send the body after all: the next answer must not be mistaken for it
            if facts.hasTransferEncoding { head.keepsAlive = false }
            return
        }
        if facts.hasTransferEncoding {
            head.framing = .chunked
        } else if let length = facts.length {
            head.framing = .length(length)
        } else {
            head.framing = .untilClose
            head.keepsAlive = false
        }
    }
}
