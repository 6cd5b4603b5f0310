/// A stretch of a representation: the positions of its first and last byte, both included (RFC 9110 §14.1.2).
package struct ByteRange: Equatable, Sendable {
    package let first: Int64
    package let last: Int64

    /// Nil unless 0 ≤ first ≤ last < `Int64.max`.
    package init?(first: Int64, last: Int64) {
        guard first >= 0, last >= first, last < Int64.max else { return nil }
        self.first = first
        self.last = last
    }

    package var count: Int64 { last - first + 1 }

    private init(checkedFirst first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }
}

extension ByteRange {
    /// What one element of a Range field asks for, before the length is known.
    package enum Spec: Equatable, Sendable {
        /// `first-last`
        case bounded(first: Int64, last: Int64)
        /// `first-`
        case from(Int64)
        /// `-count`
        case suffix(Int64)
    }

    /// What a Range field means for a representation of a known length.
    package enum Resolution: Equatable, Sendable {
        /// At least one range, in the client's order; sorted and joined when any two overlap or touch.
        case satisfiable([ByteRange])
        /// 416.
        case unsatisfiable
    }

    /// Reads a Range field. Nil for another unit, for invalid syntax and for more than `limit` ranges: the field is
    /// then ignored and the whole representation served (RFC 9110 §14.2). Numbers beyond `Int64` count as its maximum.
    package static func parse(_ field: Span<UInt8>, limit: Int) -> [Spec]? {
        guard field.hasPrefixIgnoringCase("bytes=") else { return nil }
        var specs: [Spec] = []
        var start = 6
        while start <= field.count {
            var end = start
            while end < field.count, field[end] != UInt8(ascii: ",") { end += 1 }
            let element = field.trimmed(start..<end)
            if !element.isEmpty {
                guard specs.count < limit, let spec = spec(field, element) else { return nil }
                specs.append(spec)
            }
            start = end + 1
        }
        return specs.isEmpty ? nil : specs
    }

    /// Applies `specs` to a representation of `length` bytes.
    ///
    /// An empty representation satisfies nothing, a suffix neither: S3 answers 416 there.
    package static func resolve(_ specs: [Spec], length: Int64) -> Resolution {
        var ranges: [ByteRange] = []
        ranges.reserveCapacity(specs.count)
        for spec in specs {
            if let range = spec.resolved(length: length) { ranges.append(range) }
        }
        guard !ranges.isEmpty else { return .unsatisfiable }
        return .satisfiable(joined(ranges))
    }

    private static func spec(_ field: Span<UInt8>, _ element: Range<Int>) -> Spec? {
        var dash = element.lowerBound
        while dash < element.upperBound, field[dash] != UInt8(ascii: "-") { dash += 1 }
        guard dash < element.upperBound else { return nil }
        let after = (dash + 1)..<element.upperBound
        if dash == element.lowerBound { return field.decimal(after).map { .suffix($0) } }
        guard let first = field.decimal(element.lowerBound..<dash) else { return nil }
        if after.isEmpty { return .from(first) }
        guard let last = field.decimal(after), last >= first else { return nil }
        return .bounded(first: first, last: last)
    }

    private static func joined(_ ranges: [ByteRange]) -> [ByteRange] {
        guard ranges.count > 1 else { return ranges }
        var result: [ByteRange] = []
        for range in ranges.sorted(by: { $0.first < $1.first }) {
            if let previous = result.last, range.first - 1 <= previous.last {
                let last = max(previous.last, range.last)
                result[result.count - 1] = ByteRange(checkedFirst: previous.first, last: last)
            } else {
                result.append(range)
            }
        }
        return result.count == ranges.count ? ranges : result
    }
}

extension ByteRange.Spec {
    /// The bytes meant within a representation of `length` bytes; nil when there are none.
    package func resolved(length: Int64) -> ByteRange? {
        guard length > 0 else { return nil }
        switch self {
        case .bounded(let first, let last):
            return ByteRange(first: first, last: min(last, length - 1))
        case .from(let first):
            return ByteRange(first: first, last: length - 1)
        case .suffix(let count):
            guard count > 0 else { return nil }
            return ByteRange(first: count >= length ? 0 : length - count, last: length - 1)
        }
    }
}
