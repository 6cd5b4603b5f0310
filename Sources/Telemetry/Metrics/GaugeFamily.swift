/// Families of gauges that somebody adds to, subtracts from, or sets.
package enum GaugeFamily: String, Sendable, CaseIterable {
    case requestsInFlight = "yatagarasu_requests_in_flight"
    case activeConnections = "active_connections"
    /// Labels: bucket, state (`open`, `idle`, `waiting`).
    case originConnections = "yatagarasu_origin_connections"
    case backendHealth = "backend_health"
    case configGeneration = "config_generation"
    /// Labels: version.
    case buildInfo = "yatagarasu_build_info"
    /// In nanoseconds; exported in seconds.
    case shutdownDuration = "yatagarasu_shutdown_duration_seconds"
    /// Labels: layer (`CacheLayerLabel`).
    case cacheSize = "yatagarasu_cache_size_by_layer"
    /// Labels: layer (`CacheLayerLabel`).
    case cacheItems = "yatagarasu_cache_items_by_layer"
    /// Labels: state (`open`, `idle`).
    case redisConnections = "yatagarasu_redis_connections"
    case redisBreakerOpen = "yatagarasu_redis_breaker_open"

    var row: MetricFamily {
        MetricFamily(
            rawValue, .gauge, help, labels: labelNames, unit: self == .shutdownDuration ? .nanoseconds : .one)
    }

    private var labelNames: [String] {
        switch self {
        case .originConnections: ["bucket", "state"]
        case .backendHealth: ["bucket"]
        case .buildInfo: ["version"]
        case .cacheSize, .cacheItems: ["layer"]
        case .redisConnections: ["state"]
        case .requestsInFlight, .activeConnections, .configGeneration, .shutdownDuration, .redisBreakerOpen: []
        }
    }

    private var help: StaticString {
        switch self {
        case .requestsInFlight: "Requests being answered."
        case .activeConnections: "Client connections that are open."
        case .originConnections: "Connections to an origin that are open or idle, and requests that wait for one."
        case .backendHealth: "Whether the bucket's origin answered the last probe: 1 or 0."
        case .configGeneration: "The number of the configuration in use, counted from 1."
        case .buildInfo: "Always 1; the label names the version."
        case .shutdownDuration: "Time since the graceful shutdown began."
        case .cacheSize: "Bytes that a layer of the cache holds."
        case .cacheItems: "Answers that a layer of the cache holds."
        case .redisConnections: "Connections to Redis that are open, and those of them that are idle."
        case .redisBreakerOpen: "Whether Redis is left alone because it failed: 1 or 0."
        }
    }
}
