/// Comparing entity tags (RFC 9110 §8.8.3) and lists of them (§13.1.1, §13.1.2), in place.
///
/// A tag without quotes is taken for one with them: S3 takes it so, and clients rely on it.
package enum EntityTag {
    /// How two tags are compared (RFC 9110 §8.8.3.2).
    package enum Comparison: Sendable {
        /// Both are strong and equal: byte-wise the same representation.
        case strong
        /// Equal, whether weak or not.
        case weak
    }

    package static func isWeak(_ tag: Span<UInt8>) -> Bool {
        tag.count >= 2 && tag[0] == UInt8(ascii: "W") && tag[1] == UInt8(ascii: "/")
    }

    package static func matches(_ one: Span<UInt8>, _ other: Span<UInt8>, _ comparison: Comparison) -> Bool {
        if comparison == .strong && (isWeak(one) || isWeak(other)) { return false }
        let ours = opaque(one)
        let theirs = opaque(other)
        guard !one.isEmpty, !other.isEmpty, ours.count == theirs.count else { return false }
        return one.extracting(ours).equals(other.extracting(theirs))
    }

    /// Whether `list`, the value of If-Match or If-None-Match, names `tag`. `*` names whatever exists.
    /// An empty `tag` stands for a representation without one.
    package static func list(
        _ list: Span<UInt8>, contains tag: Span<UInt8>, _ comparison: Comparison
    ) -> Bool {
        let all = list.trimmed(0..<list.count)
        if all.count == 1, list[all.lowerBound] == UInt8(ascii: "*") { return true }
        guard !tag.isEmpty else { return false }
        var start = 0
        while start < list.count {
            let end = endOfElement(list, from: start)
            let element = list.trimmed(start..<end)
            if !element.isEmpty, matches(list.extracting(element), tag, comparison) { return true }
            start = end + 1
        }
        return false
    }

    /// Where the element that begins at `start` ends: at a comma outside of quotes, or at the end.
    private static func endOfElement(_ list: Span<UInt8>, from start: Int) -> Int {
        var isQuoted = false
        var end = start
        while end < list.count {
            if list[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if list[end] == UInt8(ascii: ","), !isQuoted { return end }
            end += 1
        }
        return end
    }

    /// The tag without `W/` and without its quotes.
    private static func opaque(_ tag: Span<UInt8>) -> Range<Int> {
        let start = isWeak(tag) ? 2 : 0
        let isQuoted =
            tag.count >= start + 2 && tag[start] == UInt8(ascii: "\"") && tag[tag.count - 1] == UInt8(ascii: "\"")
        return isQuoted ? (start + 1)..<(tag.count - 1) : start..<tag.count
    }
}
