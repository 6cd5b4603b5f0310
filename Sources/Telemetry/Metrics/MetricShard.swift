/// The cells of one event loop: counting costs a load and a store.
///
/// Only that loop's thread may write; any thread may read at any time. Handles come from the registry of this shard.
@usableFromInline package final class MetricShard: Sendable {
    @usableFromInline package let cells: MetricCells

    init(cells: MetricCells) { self.cells = cells }

    @inlinable package func add(_ counter: Counter) { cells.addAlone(counter.cell, 1) }

    @inlinable package func add(_ counter: Counter, _ amount: Int) {
        cells.addAlone(counter.cell, UInt64(truncatingIfNeeded: amount))
    }

    /// Counts one at a label value, for example a status.
    @inlinable package func add(_ counter: IndexedCounter, at index: Int) {
        guard let cell = counter.cell(of: index) else { return }
        cells.addAlone(cell, 1)
    }

    /// Moves a gauge up, or down by a negative amount.
    @inlinable package func add(_ gauge: Gauge, _ amount: Int) {
        cells.addAlone(gauge.cell, UInt64(truncatingIfNeeded: amount))
    }

    /// Counts one duration; a negative one counts as zero.
    package func observe(_ histogram: Histogram, nanoseconds: Int64) {
        let value = UInt64(max(nanoseconds, 0))
        cells.addAlone(histogram.firstCell &+ histogram.buckets.index(of: value), 1)
        cells.addAlone(histogram.firstCell &+ HistogramBuckets.boundCount &+ 1, value)
    }
}

/// The cells of every thread that is no event loop: the same calls, with locked instructions.
package final class SharedMetricShard: Sendable {
    let cells: MetricCells

    init(cells: MetricCells) { self.cells = cells }

    package func add(_ counter: Counter) { cells.addTogether(counter.cell, 1) }

    package func add(_ counter: Counter, _ amount: Int) {
        cells.addTogether(counter.cell, UInt64(truncatingIfNeeded: amount))
    }

    /// Counts at a label value, for example a status.
    package func add(_ counter: IndexedCounter, at index: Int, _ amount: Int = 1) {
        guard let cell = counter.cell(of: index) else { return }
        cells.addTogether(cell, UInt64(truncatingIfNeeded: amount))
    }

    /// Moves a gauge up, or down by a negative amount.
    package func add(_ gauge: Gauge, _ amount: Int) {
        cells.addTogether(gauge.cell, UInt64(truncatingIfNeeded: amount))
    }

    /// Sets a gauge that no shard adds to.
    package func set(_ gauge: Gauge, _ value: Int) {
        cells.store(gauge.cell, UInt64(bitPattern: Int64(value)))
    }

    /// Counts one duration; a negative one counts as zero.
    package func observe(_ histogram: Histogram, nanoseconds: Int64) {
        let value = UInt64(max(nanoseconds, 0))
        cells.addTogether(histogram.firstCell &+ histogram.buckets.index(of: value), 1)
        cells.addTogether(histogram.firstCell &+ HistogramBuckets.boundCount &+ 1, value)
    }
}
