/// What one metric family is: the name, type, meaning and labels that a scraper sees.
///
/// The names and labels of the original program are kept where it had one; new families start with `yatagarasu_`. Every
/// family is one row of one of the family enums below, and is exported from the moment that something counts in it.
package struct MetricFamily: Sendable {
    /// The type of Prometheus' exposition format.
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package let name: String
    package let kind: Kind
    package let help: StaticString
    package let labelNames: [String]
    /// The buckets of a histogram.
    let buckets: HistogramBuckets?
    /// The unit in which cells count.
    let unit: Unit
    /// The only values of the one label, in the order of an `IndexedCounter`'s cells.
    let closedValues: ClosedLabel?

    enum Unit: Sendable {
        case one
        /// Cells count nanoseconds; the text says seconds.
        case nanoseconds
    }

    init(
        _ name: String, _ kind: Kind, _ help: StaticString, labels: [String] = [], buckets: HistogramBuckets? = nil,
        unit: Unit = .one, closedValues: ClosedLabel? = nil
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labelNames = labels
        self.buckets = buckets
        self.unit = unit
        self.closedValues = closedValues
    }
}

/// Every family that the proxy can export, by name.
package enum MetricCatalogue {
    package static let families: [MetricFamily] =
        (CounterFamily.allCases.map(\.row) + IndexedCounterFamily.allCases.map(\.row) + GaugeFamily.allCases.map(\.row)
        + HistogramFamily.allCases.map(\.row) + ComputedFamily.allCases.map(\.row)).sorted { $0.name < $1.name }
}
