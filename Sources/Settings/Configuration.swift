import ConfigSchema

/// The whole configuration: one value, immutable once read; rooms take their slice of it.
package struct Configuration: SettingsSection {
    package var server = ServerSettings()
    package var metrics = MetricsSettings()
    package var logging = LoggingSettings()
    package var jwt = JWTSettings()
    package var cache = CacheSettings()
    package var buckets: [BucketSettings] = []

    package init() {}

    package static let title = "Yatagarasu"
    package static let prose = "Configuration of the Yatagarasu S3 proxy."
    package static let fields: [Field<Configuration>] = [
        Field("server", section: \.server),
        Field("metrics", section: \.metrics),
        Field("logging", section: \.logging),
        Field("jwt", section: \.jwt),
        Field("cache", section: \.cache),
        Field("buckets", sections: \.buckets, count: 1...10_000),
    ]

    package func check(_ report: inout SectionReport) {
        checkNames(&report)
        checkPrefixes(&report)
        checkListeners(&report)
        checkAuthentication(&report)
        checkCache(&report)
    }

    private func checkListeners(_ report: inout SectionReport) {
        let address = metrics.address ?? server.address
        let overlap = address == server.address || address.isUnspecified || server.address.isUnspecified
        if metrics.isEnabled, metrics.port == server.port, server.port != 0, overlap {
            report.error(
                at: "metrics.port", "is the port of `server` already",
                hint: "leave it out to serve the metrics on the main listener")
        }
    }

    private func checkNames(_ report: inout SectionReport) {
        var first: [[UInt8]: Int] = [:]
        for (index, bucket) in buckets.enumerated() where !bucket.name.isEmpty {
            let name = Array(bucket.name.utf8)
            if let other = first[name] {
                report.error(at: "buckets[\(index)].name", "is the name of `buckets[\(other)]` already")
            } else {
                first[name] = index
            }
        }
    }

    private func checkPrefixes(_ report: inout SectionReport) {
        var first: [[UInt8]: Int] = [:]
        for (index, bucket) in buckets.enumerated() where !bucket.pathPrefix.isEmpty {
            let prefix = Array(bucket.normalizedPathPrefix.utf8)
            if let other = first[prefix] {
                report.error(
                    at: "buckets[\(index)].path_prefix", "is the prefix of `buckets[\(other)]` already",
                    hint: bucket.pathPrefix.hasSuffix("/") ? "`/a` and `/a/` are one prefix" : nil)
            } else {
                first[prefix] = index
            }
            guard let reserved = reservedPath(around: prefix) else { continue }
            report.error(
                at: "buckets[\(index)].path_prefix", "belongs to the proxy itself",
                hint: "`\(reserved)` and all below it are its own")
        }
    }

    /// The proxy's own path on the main listener that the prefix is at or below (RTE-5).
    private func reservedPath(around prefix: [UInt8]) -> String? {
        let paths = ["/health", "/ready", "/admin"] + (metrics.isOnMainListener ? ["/metrics"] : [])
        return paths.first { path in
            prefix.starts(with: path.utf8)
                && (prefix.count == path.utf8.count || prefix[path.utf8.count] == UInt8(ascii: "/"))
        }
    }
}
