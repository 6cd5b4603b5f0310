/// The value of a Content-Range field (RFC 9110 §14.4), read and written.
package enum ContentRange: Equatable, Sendable {
    /// `bytes first-last/complete`; `complete` is nil for `*`.
    case part(ByteRange, complete: Int64?)
    /// `bytes */complete`, the form of a 416.
    case unsatisfied(complete: Int64)

    /// Nil for another unit and for anything that contradicts itself.
    package init?(_ field: Span<UInt8>) {
        guard field.hasPrefixIgnoringCase("bytes ") else { return nil }
        var slash = 6
        while slash < field.count, field[slash] != UInt8(ascii: "/") { slash += 1 }
        guard slash < field.count else { return nil }
        let after = (slash + 1)..<field.count
        let isUnknown = after.count == 1 && field[after.lowerBound] == UInt8(ascii: "*")
        let complete = isUnknown ? nil : field.decimal(after)
        if !isUnknown && (complete == nil || complete == Int64.max) { return nil }
        if slash == 7, field[6] == UInt8(ascii: "*") {
            guard let complete else { return nil }
            self = .unsatisfied(complete: complete)
            return
        }
        var dash = 6
        while dash < slash, field[dash] != UInt8(ascii: "-") { dash += 1 }
        guard dash < slash, let first = field.decimal(6..<dash), let last = field.decimal((dash + 1)..<slash),
            let range = ByteRange(first: first, last: last)
        else { return nil }
        if let complete, last >= complete { return nil }
        self = .part(range, complete: complete)
    }

    /// Appends the value.
    package func write(to out: inout [UInt8]) {
        switch self {
        case .part(let range, let complete):
            out.append("bytes ")
            out.appendDecimal(range.first)
            out.append(UInt8(ascii: "-"))
            out.appendDecimal(range.last)
            out.append(UInt8(ascii: "/"))
            if let complete { out.appendDecimal(complete) } else { out.append(UInt8(ascii: "*")) }
        case .unsatisfied(let complete):
            out.append("bytes */")
            out.appendDecimal(complete)
        }
    }
}
