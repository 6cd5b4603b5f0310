/// One directive of a Cache-Control line (RFC 9111 §5.2): where its name and its argument stand.
struct CacheDirective {
    enum Argument {
        case absent
        /// The bytes behind `=`, or those between the quotes.
        case present(Range<Int>)
        /// White space before `=`, or anything behind the closing quote.
        case malformed
    }

    let name: Range<Int>
    let argument: Argument

    var isPlain: Bool {
        if case .absent = argument { true } else { false }
    }

    /// The directive that begins at or after `position`, which moves behind it; nil at the end of the line.
    ///
    /// Empty list elements are passed over (RFC 9110 §5.6.1.2). A quote that nobody closes is a byte like any other, so
    /// that it cannot hide the directives behind it.
    static func next(in line: Span<UInt8>, from position: inout Int) -> CacheDirective? {
        while position < line.count {
            var end = position
            while end < line.count, line[end] != UInt8(ascii: "="), line[end] != UInt8(ascii: ",") { end += 1 }
            let name = line.trimmed(position..<end)
            position = end + 1
            if end < line.count, line[end] == UInt8(ascii: "=") {
                let argument = argument(in: line, from: &position)
                return CacheDirective(name: name, argument: name.upperBound == end ? argument : .malformed)
            }
            if !name.isEmpty { return CacheDirective(name: name, argument: .absent) }
        }
        return nil
    }

    /// The argument as delta-seconds (RFC 9111 §1.2.2). What is none, counts as 0: such a response is taken as stale
    /// (§4.2.1).
    func seconds(in line: Span<UInt8>) -> Int64 {
        if case .present(let range) = argument { line.deltaSeconds(range) ?? 0 } else { 0 }
    }

    private static func argument(in line: Span<UInt8>, from position: inout Int) -> Argument {
        let start = position
        let close = closingQuote(in: line, from: start)
        var end = close.map { $0 + 1 } ?? start
        while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
        position = end + 1
        guard let close else { return .present(start..<line.trimmed(start..<end).upperBound) }
        return line.trimmed((close + 1)..<end).isEmpty ? .present((start + 1)..<close) : .malformed
    }

    /// Where the quoted string that begins at `start` ends (RFC 9110 §5.6.4); nil when none begins there or it is open.
    private static func closingQuote(in line: Span<UInt8>, from start: Int) -> Int? {
        guard start < line.count, line[start] == UInt8(ascii: "\"") else { return nil }
        var index = start + 1
        while index < line.count, line[index] != UInt8(ascii: "\"") {
            index += line[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < line.count ? index : nil
    }
}
