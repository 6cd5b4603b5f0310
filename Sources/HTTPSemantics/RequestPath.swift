/// Why a request's path is no object path. Every case is answered with 400.
package enum PathFailure: Error, Equatable, Sendable {
    /// The path does not begin with `/`.
    case notAbsolute
    /// `%` without two hexadecimal digits behind it.
    case badEscape
    /// A raw control character, space, DEL, `#` or `?`.
    case illegalByte
    /// `%00`.
    case nul
    /// A segment that is `.` or `..`, however it is written or split.
    case dotSegment

    /// What is wrong, for the log.
    package var explanation: String {
        switch self {
        case .notAbsolute: "the path does not begin with a slash"
        case .badEscape: "the path has a percent sign without two hexadecimal digits"
        case .illegalByte: "the path has a control character, a space, or a mark that must be escaped"
        case .nul: "the path has an escaped NUL"
        case .dotSegment: "the path has a segment of one or two dots"
        }
    }
}

/// The one reading of a request's path, for routing, signing and caching alike (RTE-2).
///
/// A path is decoded exactly once and the bytes that come out are the key's: `//` stays, `+` stays, `%2F` is a slash,
/// `%252e` the three characters `%2e`. What any server behind could take for a way out of the prefix is refused: a
/// segment equal to `.` or `..` after decoding, where `\` splits as `/` does.
package enum RequestPath {
    /// Decodes `raw`, the target up to `?` as received, into `out`, whose old content goes and whose storage stays.
    /// The result begins with `/`. After a failure the content of `out` means nothing.
    package static func decode(_ raw: Span<UInt8>, into out: inout [UInt8]) throws(PathFailure) {
        out.removeAll(keepingCapacity: true)
        guard raw.count > 0, raw[0] == slash else { throw .notAbsolute }
        if isPlain(raw) {
            out.append(raw)
        } else {
            try decodeEscapes(raw, into: &out)
            guard !hasDotSegment(out.span) else { throw .dotSegment }
        }
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// No escape, no byte to think about, and no dot at the head of a segment: the path is its own decoding.
    private static func isPlain(_ raw: Span<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for index in raw.indices {
            let byte = raw[index]
            if isSuspicious(byte) || (byte == dot && previous == slash) { return false }
            previous = byte
        }
        return true
    }

    /// `%`, `\` and everything that may not stand raw.
    private static func isSuspicious(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\\")
            || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "?")
    }

    private static func decodeEscapes(_ raw: Span<UInt8>, into out: inout [UInt8]) throws(PathFailure) {
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < raw.count, let high = raw[index + 1].hexDigit, let low = raw[index + 2].hexDigit
                else { throw .badEscape }
                let value = high << 4 | low
                guard value != 0 else { throw .nul }
                out.append(value)
                index += 3
            } else {
                guard !isSuspicious(byte) || byte == UInt8(ascii: "\\") else { throw .illegalByte }
                out.append(byte)
                index += 1
            }
        }
    }

    private static func hasDotSegment(_ path: Span<UInt8>) -> Bool {
        var dots = 0
        var isDotsOnly = true
        for index in path.indices {
            switch path[index] {
            case slash, UInt8(ascii: "\\"):
                if isDotsOnly && (dots == 1 || dots == 2) { return true }
                dots = 0
                isDotsOnly = true
            case dot: dots += 1
            default: isDotsOnly = false
            }
        }
        return isDotsOnly && (dots == 1 || dots == 2)
    }
}
