/// The shapes of SQL injections that the optional filter knows (`security_limits.reject_sql_like_paths`, HTTP-6).
///
/// An object store runs no SQL, so this protects nothing of the proxy's; it keeps scanners' requests from an origin
/// that might. Legal keys can have these shapes, which is why it is off unless asked for.
package enum SQLShape: Equatable, Sendable, CaseIterable {
    /// A quotation mark, then `OR` or `AND` as a word.
    case quotedCondition
    /// `UNION SELECT`, `UNION ALL SELECT`.
    case unionSelect
    /// `;`, then a statement that changes something.
    case stackedStatement
    /// A quotation mark, and a comment sign at the end.
    case comment
    /// `OR 1=1`: the same number on both sides.
    case tautology

    /// What was found, for the log.
    package var explanation: String {
        switch self {
        case .quotedCondition: "the path has a quotation mark before OR or AND"
        case .unionSelect: "the path has UNION SELECT"
        case .stackedStatement: "the path has a semicolon before an SQL statement"
        case .comment: "the path has a quotation mark and ends with an SQL comment"
        case .tautology: "the path has a condition that is always true"
        }
    }

    /// The first shape in a decoded path; one pass, case and kinds of blanks aside.
    package static func find(in path: Span<UInt8>) -> SQLShape? {
        var isBehindQuote = false
        for index in path.indices {
            switch path[index] {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                isBehindQuote = true
                let word = skipBlanks(path, index + 1)
                if isWord("or", in: path, at: word) || isWord("and", in: path, at: word) { return .quotedCondition }
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                if isWord("union", in: path, at: index), isUnionSelect(path, index + 5) { return .unionSelect }
            case UInt8(ascii: ";"):
                let word = skipBlanks(path, index + 1)
                if isStatement(path, word) { return .stackedStatement }
            case UInt8(ascii: "o"), UInt8(ascii: "O"):
                if isWord("or", in: path, at: index), isTautology(path, index + 2) { return .tautology }
            case UInt8(ascii: "-"), UInt8(ascii: "#"):
                // Of a run of dashes the first tells all.
                if isBehindQuote, path[index - 1] != path[index], isClosingComment(path, index) { return .comment }
            default: break
            }
        }
        return nil
    }

    private static func isUnionSelect(_ path: Span<UInt8>, _ end: Int) -> Bool {
        let next = skipBlanks(path, end)
        guard isWord("all", in: path, at: next) else { return isWord("select", in: path, at: next) }
        return isWord("select", in: path, at: skipBlanks(path, next + 3))
    }

    private static func isStatement(_ path: Span<UInt8>, _ start: Int) -> Bool {
        let verbs: InlineArray<_, StaticString> = [
            "drop", "delete", "insert", "update", "alter", "truncate", "create", "exec", "execute", "shutdown",
            "select",
        ]
        for index in verbs.indices where isWord(verbs[index], in: path, at: start) {
            // A verb alone may be the name of a part.
            let end = start + verbs[index].utf8CodeUnitCount
            return end < path.count && skipBlanks(path, end) > end
        }
        return false
    }

    /// Digits, `=`, the same digits.
    private static func isTautology(_ path: Span<UInt8>, _ end: Int) -> Bool {
        let first = skipBlanks(path, end)
        guard first > end else { return false }
        var firstEnd = first
        while firstEnd < min(path.count, first + longestBlank), isDigit(path[firstEnd]) { firstEnd += 1 }
        let sign = skipBlanks(path, firstEnd)
        guard firstEnd > first, sign < path.count, path[sign] == UInt8(ascii: "=") else { return false }
        let second = skipBlanks(path, sign + 1)
        let count = firstEnd - first
        guard second + count <= path.count else { return false }
        for offset in 0..<count where path[first + offset] != path[second + offset] { return false }
        return second + count == path.count || !isDigit(path[second + count])
    }

    /// `--` or `#` with nothing but blanks behind it.
    private static func isClosingComment(_ path: Span<UInt8>, _ start: Int) -> Bool {
        var end = start + 1
        if path[start] == UInt8(ascii: "-") {
            guard end < path.count, path[end] == UInt8(ascii: "-") else { return false }
            while end < path.count, path[end] == UInt8(ascii: "-") { end += 1 }
        }
        return skipBlanks(path, end) == path.count
    }

    /// More blanks are not looked through: what is looked for at each byte must not cost the whole path.
    private static let longestBlank = 256

    /// White space, `+`, and comments, which SQL takes for white space.
    private static func skipBlanks(_ path: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        let limit = min(path.count, start + longestBlank)
        while index < limit {
            switch path[index] {
            case 0x09...0x0d, 0x20, UInt8(ascii: "+"): index += 1
            case UInt8(ascii: "/") where index + 1 < path.count && path[index + 1] == UInt8(ascii: "*"):
                var end = index + 2
                while end + 1 < limit, path[end] != UInt8(ascii: "*") || path[end + 1] != UInt8(ascii: "/") {
                    end += 1
                }
                guard end + 1 < limit else { return end + 1 < path.count ? index : path.count }
                index = end + 2
            default: return index
            }
        }
        return index
    }

    /// Whether `text`, in lower case, stands there as a word of its own.
    private static func isWord(_ text: StaticString, in path: Span<UInt8>, at start: Int) -> Bool {
        let end = start + text.utf8CodeUnitCount
        guard end <= path.count, start == 0 || !isWordByte(path[start - 1]), end == path.count || !isWordByte(path[end])
        else { return false }
        return text.withUTF8Buffer { wanted in
            for index in 0..<wanted.count where unsafe path[start + index] | 0x20 != wanted[index] { return false }
            return true
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
