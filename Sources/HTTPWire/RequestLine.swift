import Exchange

/// `method SP request-target SP HTTP-version CRLF`, read in place (RFC 9112 §3).
///
/// Offsets count from the head's first byte.
struct RequestLine: Sendable, Equatable {
    /// The longest method that is taken for one.
    static let maxMethodLength = 32
    /// The bytes of a request line beside its method and target: two spaces, the version, CR.
    static let frameLength = 11

    var method = Method.get
    var methodEnd = 0
    /// The path, `*`, or the authority of CONNECT; empty for an absolute-form target that has no path.
    var path = 0..<0
    /// The query without its `?`.
    var query: Range<Int>?
    /// The authority of an absolute-form target.
    var authority: Range<Int>?
    var defaultPort = 80
    var minorVersion: UInt8 = 1
    /// Where the first field line begins; 0 while the line is not complete.
    var next = 0

    /// Reads the line; false while it is not complete.
    @inline(__always)
    mutating func read(_ bytes: RawSpan, maxTargetLength: Int) throws(WireFailure) -> Bool {
        guard try readMethod(bytes) else { return false }
        let start = methodEnd &+ 1
        let mark = bytes.endOfPath(from: start)
        let hasMark = mark < bytes.byteCount && bytes.byte(at: mark) == UInt8(ascii: "?")
        let end = hasMark ? bytes.endOfTarget(from: mark &+ 1) : mark
        guard end &- start <= maxTargetLength else { throw .targetTooLong }
        guard end < bytes.byteCount else { return false }
        guard bytes.byte(at: end) == UInt8(ascii: " ") else { throw Self.fault(bytes, endOfTarget: end) }
        try readTarget(bytes, start..<end, mark: mark)
        return try readVersion(bytes, from: end &+ 1)
    }

    /// False while the space behind the method is not there.
    @inline(__always)
    private mutating func readMethod(_ bytes: RawSpan) throws(WireFailure) -> Bool {
        if bytes.byteCount >= 4, bytes.halfWord(at: 0) == 0x2054_4547 {  // "GET "
            methodEnd = 3
            return true
        }
        return try readOtherMethod(bytes)
    }

    private mutating func readOtherMethod(_ bytes: RawSpan) throws(WireFailure) -> Bool {
        var end = 0
        while end < bytes.byteCount, ByteClass.token.contains(bytes.byte(at: end)) { end &+= 1 }
        guard end <= Self.maxMethodLength else { throw .malformed(.badMethod) }
        guard end < bytes.byteCount else { return false }
        guard end > 0, bytes.byte(at: end) == UInt8(ascii: " ") else { throw .malformed(.badMethod) }
        methodEnd = end
        method = Self.method(bytes.extracting(0..<end))
        return true
    }

    private var isConnect: Bool { if case .connect = method { true } else { false } }

    /// Methods are told apart by case (RFC 9110 §9.1).
    private static func method(_ token: RawSpan) -> Method {
        if token.equals("GET") { return .get }
        if token.equals("HEAD") { return .head }
        if token.equals("OPTIONS") { return .options }
        if token.equals("POST") { return .post }
        if token.equals("PUT") { return .put }
        if token.equals("DELETE") { return .delete }
        if token.equals("PATCH") { return .patch }
        if token.equals("CONNECT") { return .connect }
        if token.equals("TRACE") { return .trace }
        return .other
    }

    /// Why a target may not end there.
    private static func fault(_ bytes: RawSpan, endOfTarget end: Int) -> WireFailure {
        switch bytes.byte(at: end) {
        case UInt8(ascii: "\r"): .malformed(.badVersion)
        case UInt8(ascii: "\n"): .malformed(.bareLineFeed)
        default: .malformed(.badTarget)
        }
    }

    /// False while the line's end is not there.
    @inline(__always)
    private mutating func readVersion(_ bytes: RawSpan, from start: Int) throws(WireFailure) -> Bool {
        guard let version = try Version.read(bytes, from: start) else { return false }
        minorVersion = version
        let end = start &+ Version.length
        guard end < bytes.byteCount else { return false }
        let first = bytes.byte(at: end)
        guard first == UInt8(ascii: "\r") || first == UInt8(ascii: "\n") else { throw .malformed(.badVersion) }
        guard let next = try bytes.lineEnd(at: end) else { return false }
        self.next = next
        return true
    }

    /// Tells the four forms of a target apart (RFC 9112 §3.2).
    @inline(__always)
    private mutating func readTarget(_ bytes: RawSpan, _ target: Range<Int>, mark: Int) throws(WireFailure) {
        guard bytes.byte(at: target.lowerBound) == UInt8(ascii: "/"), !isConnect else {
            return try readUnusualTarget(bytes, target, mark: mark)
        }
        splitQuery(target, mark: mark)
    }

    /// `mark`: where the first `?` is, or the target's end.
    @inline(__always)
    private mutating func splitQuery(_ target: Range<Int>, mark: Int) {
        path = target.lowerBound..<mark
        if mark < target.upperBound { query = (mark &+ 1)..<target.upperBound }
    }

    private mutating func readUnusualTarget(
        _ bytes: RawSpan, _ target: Range<Int>, mark: Int
    ) throws(WireFailure) {
        let rest = bytes.extracting(target)
        if isConnect {
            guard Authority(bytes, target)?.port != nil else { throw .malformed(.badTarget) }
            path = target
            return
        }
        if rest.equals("*") {
            guard case .options = method else { throw .malformed(.badTarget) }
            path = target
            return
        }
        let schemeLength: Int
        if rest.extracting(first: 7).equalsFolded("http://") {
            schemeLength = 7
        } else if rest.extracting(first: 8).equalsFolded("https://") {
            schemeLength = 8
            defaultPort = 443
        } else {
            throw .malformed(.badTarget)
        }
        var end = schemeLength
        while end < rest.byteCount, rest.byte(at: end) != UInt8(ascii: "/"), rest.byte(at: end) != UInt8(ascii: "?") {
            end += 1
        }
        guard Authority(rest, schemeLength..<end) != nil else { throw .malformed(.badTarget) }
        authority = (target.lowerBound + schemeLength)..<(target.lowerBound + end)
        splitQuery((target.lowerBound + end)..<target.upperBound, mark: mark)
    }
}
