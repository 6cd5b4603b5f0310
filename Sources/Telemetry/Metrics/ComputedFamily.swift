/// Families whose values are read when somebody scrapes.
package enum ComputedFamily: String, Sendable, CaseIterable {
    case memoryUsage = "memory_usage_bytes"
    case memoryAllocated = "yatagarasu_memory_allocated_bytes"
    case memoryResident = "yatagarasu_memory_resident_bytes"
    case memoryMapped = "yatagarasu_memory_mapped_bytes"
    case openDescriptors = "process_open_fds"
    case maximumDescriptors = "process_max_fds"
    case cpuSeconds = "process_cpu_seconds_total"
    case startTime = "process_start_time_seconds"
    case uptime = "uptime_seconds"
    case logLinesDropped = "yatagarasu_log_lines_dropped_total"
    case seriesRejected = "yatagarasu_metric_series_rejected_total"

    var row: MetricFamily {
        switch self {
        case .memoryUsage: MetricFamily(rawValue, .gauge, "Resident memory of the process.")
        case .memoryAllocated: MetricFamily(rawValue, .gauge, "Bytes that the allocator has given out.")
        case .memoryResident: MetricFamily(rawValue, .gauge, "Bytes of the allocator in resident memory.")
        case .memoryMapped: MetricFamily(rawValue, .gauge, "Bytes that the allocator has mapped.")
        case .openDescriptors: MetricFamily(rawValue, .gauge, "File descriptors that are open.")
        case .maximumDescriptors: MetricFamily(rawValue, .gauge, "The limit of open file descriptors.")
        case .cpuSeconds: MetricFamily(rawValue, .counter, "Processor time used, user and system.")
        case .startTime: MetricFamily(rawValue, .gauge, "When the process started, in seconds since 1970.")
        case .uptime: MetricFamily(rawValue, .gauge, "Time since the process started.")
        case .logLinesDropped: MetricFamily(rawValue, .counter, "Log lines lost because the output did not take them.")
        case .seriesRejected: MetricFamily(rawValue, .counter, "Series refused because the registry was full.")
        }
    }
}

/// The values that collectors give for one scrape.
package struct MetricSamples {
    private(set) var values: [ComputedFamily: Double] = [:]

    package mutating func set(_ family: ComputedFamily, _ value: Double) { values[family] = value }
}
