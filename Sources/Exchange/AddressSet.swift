/// Many blocks of addresses, in which one address is found by halving.
package struct AddressSet: Sendable {
    /// In order, apart from one another.
    private let ranges: [ClosedRange<UInt128>]

    package init(_ blocks: [AddressBlock] = []) {
        var merged: [ClosedRange<UInt128>] = []
        for range in blocks.flatMap(\.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = merged.last, range.lowerBound <= last.upperBound else {
                merged.append(range)
                continue
            }
            merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        ranges = merged
    }

    package var isEmpty: Bool { ranges.isEmpty }

    package func contains(_ address: NumericAddress) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound <= address.bits { low = middle + 1 } else { high = middle }
        }
        return low > 0 && address.bits <= ranges[low - 1].upperBound
    }
}
