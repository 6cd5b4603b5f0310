import NIOConcurrencyHelpers

/// The metrics of the process: makes handles at configuration time and sums the shards for a scrape.
///
/// Each series is a range of cells at the same place in every shard. The number of cells and of series is fixed at
/// the start: beyond it a handle counts into cells that nobody exports, and `yatagarasu_metric_series_rejected_total`
/// says so.
package final class MetricRegistry: Sendable {
    /// One shard for each event loop, by `LoopContext.index`.
    package let shards: [MetricShard]
    /// For all other threads.
    package let shared: SharedMetricShard
    private let maximumSeries: Int
    private let capacity: Int
    /// A lock of pthreads, which ThreadSanitizer understands; it does not see `Synchronization.Mutex`.
    private let state: NIOLockedValueBox<State>

    struct Series: Sendable {
        let labelValues: [String]
        /// `name="value",…`, escaped.
        let labelText: String
        let firstCell: Int
    }

    private struct State {
        /// By family name; each list ordered by label text.
        var series: [String: [Series]] = [:]
        var seriesCount = 0
        /// Cells below belong to handles of a full registry.
        var nextCell = HistogramBuckets.cellCount
        var rejected = 0
        var collectors: [@Sendable (inout MetricSamples) -> Void] = []
    }

    /// `cellsPerShard` bounds memory at eight bytes each, of which only touched pages exist.
    package init(loops: Int, cellsPerShard: Int = 65_536, maximumSeries: Int = 20_000) {
        shards = (0..<max(loops, 0)).map { _ in MetricShard(cells: MetricCells(capacity: cellsPerShard)) }
        shared = SharedMetricShard(cells: MetricCells(capacity: cellsPerShard))
        capacity = cellsPerShard
        self.maximumSeries = maximumSeries
        state = NIOLockedValueBox(State())
    }

    /// The handle of a series; the same family and labels give the same handle.
    package func counter(_ family: CounterFamily, labels: [String] = []) -> Counter {
        Counter(cell: cells(family.row, labels, count: 1) ?? 0)
    }

    package func counter(_ family: IndexedCounterFamily) -> IndexedCounter {
        let closed = family.row.closedValues
        guard let closed, let first = cells(family.row, [], count: closed.values.count) else {
            return IndexedCounter(firstCell: 0, count: 0, lowest: 0)
        }
        return IndexedCounter(firstCell: first, count: closed.values.count, lowest: closed.lowest)
    }

    package func gauge(_ family: GaugeFamily, labels: [String] = []) -> Gauge {
        Gauge(cell: cells(family.row, labels, count: 1) ?? 0)
    }

    package func histogram(_ family: HistogramFamily, labels: [String] = []) -> Histogram {
        let row = family.row
        let first = cells(row, labels, count: HistogramBuckets.cellCount) ?? 0
        return Histogram(firstCell: first, buckets: row.buckets ?? .transfers)
    }

    /// Adds a source of values that are read at every scrape, on the scraping thread.
    package func collect(_ collector: @escaping @Sendable (inout MetricSamples) -> Void) {
        state.withLockedValue { $0.collectors.append(collector) }
    }

    /// What a counter has come to, over all shards.
    package func total(_ counter: Counter) -> UInt64 { sum(counter.cell) }

    package func total(_ counter: IndexedCounter, at index: Int) -> UInt64 { counter.cell(of: index).map(sum) ?? 0 }

    package func total(_ gauge: Gauge) -> Int64 { Int64(bitPattern: sum(gauge.cell)) }

    /// How many durations a histogram has seen.
    package func count(_ histogram: Histogram) -> UInt64 {
        (0...HistogramBuckets.boundCount).reduce(0) { $0 &+ sum(histogram.firstCell &+ $1) }
    }

    func sum(_ cell: Int) -> UInt64 {
        var total = shared.cells.load(cell)
        for shard in shards { total &+= shard.cells.load(cell) }
        return total
    }

    /// What there is to export now: the series of each family and the collected values.
    func snapshot() -> (series: [String: [Series]], samples: MetricSamples) {
        let (series, rejected, collectors) = state.withLockedValue { ($0.series, $0.rejected, $0.collectors) }
        var samples = MetricSamples()
        for collector in collectors { collector(&samples) }
        if rejected > 0 { samples.set(.seriesRejected, Double(rejected)) }
        return (series, samples)
    }

    /// The first cell of a series that is there or is made now; nil when there is no room or the labels do not fit.
    private func cells(_ family: MetricFamily, _ labels: [String], count: Int) -> Int? {
        let names = family.closedValues == nil ? family.labelNames : []
        return state.withLockedValue { state in
            var list = state.series[family.name] ?? []
            if let known = list.first(where: { $0.labelValues == labels }) { return known.firstCell }
            guard labels.count == names.count, state.seriesCount < maximumSeries, count <= capacity - state.nextCell
            else {
                state.rejected += 1
                return nil
            }
            let text = zip(names, labels).map { "\($0)=\"\(MetricText.escapedLabel($1))\"" }.joined(separator: ",")
            let place = list.firstIndex { $0.labelText > text } ?? list.count
            list.insert(Series(labelValues: labels, labelText: text, firstCell: state.nextCell), at: place)
            state.series[family.name] = list
            state.seriesCount += 1
            state.nextCell += count
            return state.nextCell - count
        }
    }
}
