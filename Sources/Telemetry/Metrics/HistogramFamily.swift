/// Families of durations, observed in nanoseconds and exported in seconds.
package enum HistogramFamily: String, Sendable, CaseIterable {
    case requestDuration = "http_request_duration_seconds"
    /// Labels: bucket.
    case originRequestDuration = "yatagarasu_origin_request_duration_seconds"
    /// Labels: bucket.
    case opaRequestDuration = "yatagarasu_opa_request_duration_seconds"
    /// Labels: bucket.
    case openFGACheckDuration = "yatagarasu_openfga_check_duration_seconds"
    case eventLoopLag = "yatagarasu_event_loop_lag_seconds"

    var row: MetricFamily {
        switch self {
        case .requestDuration:
            MetricFamily(
                rawValue, .histogram, "Time from a request's head to the end of its answer.", buckets: .transfers,
                unit: .nanoseconds)
        case .originRequestDuration:
            MetricFamily(
                rawValue, .histogram, "Time from asking an origin to the head of its answer.", labels: ["bucket"],
                buckets: .transfers, unit: .nanoseconds)
        case .opaRequestDuration:
            MetricFamily(
                rawValue, .histogram, "Time from a question to OPA to its decision, further tries included.",
                labels: ["bucket"], buckets: .lags, unit: .nanoseconds)
        case .openFGACheckDuration:
            MetricFamily(
                rawValue, .histogram, "Time from a check to OpenFGA's decision, further tries included.",
                labels: ["bucket"], buckets: .lags, unit: .nanoseconds)
        case .eventLoopLag:
            MetricFamily(
                rawValue, .histogram, "How late event loops run what is due.", buckets: .lags, unit: .nanoseconds)
        }
    }
}

/// The upper bounds of a histogram's buckets, in nanoseconds; one more bucket takes what is above.
enum HistogramBuckets: UInt8, Sendable {
    /// Half a millisecond to a minute.
    case transfers
    /// A tenth of a millisecond to ten seconds.
    case lags

    static let boundCount = 16
    /// One cell for each bound, one above all, one for the sum.
    static let cellCount = boundCount + 2

    /// Visits the bounds from the lowest; inlined, so that they are constants in the code that compares with them.
    @inline(__always)
    private func forEachBound(_ visit: (UInt64) -> Void) {
        let microsecond: UInt64 = 1_000
        let millisecond: UInt64 = 1_000_000
        let second: UInt64 = 1_000_000_000
        switch self {
        case .transfers:
            visit(500 * microsecond)
        case .lags:
            visit(100 * microsecond)
            visit(250 * microsecond)
            visit(500 * microsecond)
        }
        visit(1 * millisecond)
        visit(2_500 * microsecond)
        visit(5 * millisecond)
        visit(10 * millisecond)
        visit(25 * millisecond)
        visit(50 * millisecond)
        visit(100 * millisecond)
        visit(250 * millisecond)
        visit(500 * millisecond)
        visit(1 * second)
        visit(2_500 * millisecond)
        visit(5 * second)
        visit(10 * second)
        if case .transfers = self {
            visit(30 * second)
            visit(60 * second)
        }
    }

    /// Sixteen, ascending.
    var bounds: [UInt64] {
        var bounds: [UInt64] = []
        forEachBound { bounds.append($0) }
        return bounds
    }

    /// The bucket of a duration: the first whose bound is not below it (`le` is inclusive).
    @inline(__always)
    func index(of nanoseconds: UInt64) -> Int {
        var index = 0
        forEachBound { if $0 < nanoseconds { index &+= 1 } }
        return index
    }
}
