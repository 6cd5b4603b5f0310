import Exchange

/// What a head's fields say about its framing and its connection, gathered while the lines are read.
struct MessageFacts: Sendable {
    /// The value of Content-Length.
    var length: Int64?
    var hasTransferEncoding = false
    /// `Connection: close` was listed.
    var closes = false
    /// `Connection: keep-alive` was listed.
    var keepsAlive = false
    var host: FieldBlock.Entry?
    var hasContentRange = false
    /// Every Expect field says `100-continue`, and there is one.
    var expectsContinue = false
    var expectsOther = false
    /// Whether Content-Length may come again with the same value (responses only).
    var allowsEqualLengths: Bool

    init(allowsEqualLengths: Bool) { self.allowsEqualLengths = allowsEqualLengths }

    /// Takes note of one field of the head `bytes`.
    @inline(__always)
    mutating func note(_ entry: FieldBlock.Entry, in bytes: RawSpan) throws(WireFailure) {
        switch entry.name {
        case .contentRange: hasContentRange = true
        case .host, .connection, .contentLength, .transferEncoding, .expect: try noteSlowly(entry, in: bytes)
        default: break
        }
    }

    private mutating func noteSlowly(_ entry: FieldBlock.Entry, in bytes: RawSpan) throws(WireFailure) {
        let value = bytes.extracting(entry.value)
        switch entry.name {
        case .host:
            guard host == nil else { throw .malformed(.severalHosts) }
            guard Authority(bytes, entry.value) != nil else { throw .malformed(.badHost) }
            host = entry
        case .connection:
            noteConnection(bytes, entry.value)
        case .contentLength:
            guard let number = value.canonicalLength else { throw .malformed(.badLength) }
            if let length, !(allowsEqualLengths && length == number) { throw .malformed(.conflictingLength) }
            length = number
        case .transferEncoding:
            guard !hasTransferEncoding, value.equalsFolded("chunked") else { throw .malformed(.badTransferCoding) }
            hasTransferEncoding = true
        case .expect:
            if value.equalsFolded("100-continue") { expectsContinue = true } else { expectsOther = true }
        default: break
        }
    }

    /// `Connection` is a list of tokens (RFC 9110 §7.6.1); options that we do not know are ignored.
    private mutating func noteConnection(_ bytes: RawSpan, _ value: Range<Int>) {
        var start = value.lowerBound
        while start < value.upperBound {
            let comma = bytes.first(UInt8(ascii: ","), from: start, to: value.upperBound)
            let option = bytes.extracting(bytes.trimmed(start..<comma))
            if option.equalsFolded("close") { closes = true }
            if option.equalsFolded("keep-alive") { keepsAlive = true }
            start = comma &+ 1
        }
    }

    /// Refuses what makes the end of the body ambiguous (RFC 9112 §6.1).
    func checkFraming(minorVersion: UInt8) throws(WireFailure) {
        guard hasTransferEncoding else { return }
        guard length == nil else { throw .malformed(.lengthWithTransferEncoding) }
        guard minorVersion > 0 else { throw .malformed(.badTransferCoding) }
    }

    /// The framing of a request's body (RFC 9112 §6.3).
    @inline(__always)
    var requestFraming: BodyFraming {
        if hasTransferEncoding { return .chunked }
        guard let length else { return .none }
        return .length(length)
    }

    /// Whether the connection persists (RFC 9112 §9.3).
    func keepsAlive(minorVersion: UInt8) -> Bool { !closes && (minorVersion > 0 || keepsAlive) }
}

extension RawSpan {
    /// The part of `range` without white space at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(at: start) { start &+= 1 }
        while end > start, isBlank(at: end &- 1) { end &-= 1 }
        return start..<end
    }

    /// A length in its one canonical spelling: 1 to 18 digits without a leading zero; else nil.
    var canonicalLength: Int64? {
        guard (1...18).contains(byteCount) else { return nil }
        if byteCount > 1, byte(at: 0) == UInt8(ascii: "0") { return nil }
        var number: Int64 = 0
        for at in 0..<byteCount {
            let digit = byte(at: at) &- 0x30
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int64(digit)
        }
        return number
    }
}
