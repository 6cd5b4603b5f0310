import ConfigSchema

/// `metrics`: where `/metrics` is served.
package struct MetricsSettings: SettingsSection {
    package var isEnabled = true
    /// Used with `port` only; absent, the address of `server`.
    package var address: IPAddress?
    package var port: UInt16?

    package init() {}

    /// True when `/metrics` is a path of the main listener.
    package var isOnMainListener: Bool { isEnabled && port == nil }

    package static let title = "Metrics"
    package static let prose = "Where `/metrics` is served."
    package static let fields: [Field<MetricsSettings>] = [
        Field("enabled", \.isEnabled, "Serves metrics in Prometheus' text format."),
        Field(
            "address", \.address, "Address of the metrics' own listener; absent, the one of `server`.",
            examples: ["127.0.0.1"]),
        Field(
            "port", \.port, in: 0...65_535,
            "Port of the metrics' own listener; absent, they are served by the main listener."),
    ]

    package func check(_ report: inout SectionReport) {
        if address != nil, port == nil {
            report.error(at: "address", "needs `metrics.port` beside it")
        }
    }
}
