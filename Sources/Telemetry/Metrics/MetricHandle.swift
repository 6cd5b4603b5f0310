/// Where a counter's cell is in every shard; made once by `MetricRegistry`, then used without a look-up.
@usableFromInline package struct Counter: Sendable, Equatable {
    @usableFromInline package let cell: Int
}

/// The cells of a counter whose label values are a closed list.
@usableFromInline package struct IndexedCounter: Sendable, Equatable {
    @usableFromInline package let firstCell: Int
    @usableFromInline package let count: Int
    @usableFromInline package let lowest: Int

    /// The cell of a value; whatever is not in the list counts as the last value. Nil only for a registry that is full.
    @inlinable package func cell(of index: Int) -> Int? {
        guard count > 0 else { return nil }
        let offset = index &- lowest
        return firstCell &+ (offset >= 0 && offset < count ? offset : count &- 1)
    }
}

/// Where a gauge's cell is. Each shard holds its own part and the sum is exported, so a gauge is either added to and
/// subtracted from (on any shard), or set (on the shared shard alone).
@usableFromInline package struct Gauge: Sendable, Equatable {
    @usableFromInline package let cell: Int
}

/// Where a histogram's cells are.
package struct Histogram: Sendable, Equatable {
    let firstCell: Int
    let buckets: HistogramBuckets
}
