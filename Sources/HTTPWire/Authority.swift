import Exchange

/// The form of `host[:port]`, as Host and an absolute-form target hold it (RFC 9110 §7.2, RFC 3986 §3.2).
///
/// Stricter than the grammar where it would let nonsense through: the host is not empty, an IP literal is an IPv6
/// address without zone, a port is at most 65535. User information is no part of the form: `user@host` is refused.
struct Authority: Sendable, Equatable {
    let host: Range<Int>
    /// nil where none is given, or an empty one.
    let port: Int?

    /// nil when the bytes of `range` do not have the form.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        guard !range.isEmpty else { return nil }
        let isLiteral = bytes.byte(at: range.lowerBound) == UInt8(ascii: "[")
        guard let end = isLiteral ? Self.endOfLiteral(bytes, range) : Self.endOfName(bytes, range),
            end > range.lowerBound
        else { return nil }
        host = range.lowerBound..<end
        guard end < range.upperBound else {
            port = nil
            return
        }
        let digits = (end &+ 1)..<range.upperBound
        guard bytes.byte(at: end) == UInt8(ascii: ":"), digits.count <= 5 else { return nil }
        var number = 0
        for at in digits {
            let digit = bytes.byte(at: at) &- 0x30
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        guard number <= 65535 else { return nil }
        port = digits.isEmpty ? nil : number
    }

    /// Where a registered name or IPv4 address ends.
    @inline(__always)
    private static func endOfName(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        let at = bytes.endOfPlain(from: range.lowerBound, to: range.upperBound)
        return at < range.upperBound ? endOfName(bytes, at..<range.upperBound, behindPlain: at) : at
    }

    /// The same, byte by byte.
    private static func endOfName(_ bytes: RawSpan, _ range: Range<Int>, behindPlain start: Int) -> Int? {
        var at = start
        while true {
            guard at < range.upperBound else { return at }
            let byte = bytes.byte(at: at)
            if ByteClass.registeredName.contains(byte) {
                at &+= 1
            } else if byte == UInt8(ascii: "%") {
                guard at &+ 2 < range.upperBound, ByteClass.hexDigit.contains(bytes.byte(at: at &+ 1)),
                    ByteClass.hexDigit.contains(bytes.byte(at: at &+ 2))
                else { return nil }
                at &+= 3
            } else {
                return at
            }
        }
    }

    private static func endOfLiteral(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        var colons = 0
        for at in range.dropFirst() {
            let byte = bytes.byte(at: at)
            switch byte {
            case UInt8(ascii: "]"): return colons >= 2 ? at + 1 : nil
            case UInt8(ascii: ":"): colons += 1
            case UInt8(ascii: "."): break
            default: guard ByteClass.hexDigit.contains(byte) else { return nil }
            }
        }
        return nil
    }

    /// Whether two authorities name the same host and port; without case, and with the scheme's port for a missing one.
    static func agree(_ bytes: RawSpan, _ one: Range<Int>, _ other: Range<Int>, defaultPort: Int) -> Bool {
        guard let first = Authority(bytes, one), let second = Authority(bytes, other),
            first.host.count == second.host.count, (first.port ?? defaultPort) == (second.port ?? defaultPort)
        else { return false }
        for (left, right) in zip(first.host, second.host)
        where lowercase(bytes.byte(at: left)) != lowercase(bytes.byte(at: right)) {
            return false
        }
        return true
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }
}
