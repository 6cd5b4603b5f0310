/// Families of counters whose label values come from the configuration, or that have no labels.
package enum CounterFamily: String, Sendable, CaseIterable {
    case httpRequestsTotal = "http_requests_total"
    case requestsByBucket = "http_requests_by_bucket_total"
    case connectionsTotal = "yatagarasu_connections_total"
    case bytesSent = "bytes_sent_total"
    case bytesReceived = "bytes_received_total"
    case concurrencyLimitRejections = "concurrency_limit_rejections_total"
    case connectionLimitRejections = "yatagarasu_connection_limit_rejections_total"
    case payloadTooLarge = "security_payload_too_large_total"
    case headersTooLarge = "security_headers_too_large_total"
    case uriTooLong = "security_uri_too_long_total"
    case pathTraversalBlocked = "security_path_traversal_blocked_total"
    case sqlInjectionBlocked = "security_sql_injection_blocked_total"
    case addressDenied = "yatagarasu_address_denied_total"
    /// The label is empty for limits that are no bucket's.
    case rateLimitExceeded = "rate_limit_exceeded_total"
    case malformedRequests = "yatagarasu_malformed_requests_total"
    case clientDisconnects = "yatagarasu_client_disconnects_total"
    case originConnects = "yatagarasu_origin_connects_total"
    case originConnectFailures = "yatagarasu_origin_connect_failures_total"
    case originStaleRetries = "yatagarasu_origin_stale_retries_total"
    case poolRejections = "yatagarasu_pool_rejections_total"
    case authSuccess = "auth_success_total"
    case authFailure = "auth_failure_total"
    case authBypassed = "auth_bypassed_total"
    case jwtCacheHits = "yatagarasu_jwt_cache_hits_total"
    case jwtCacheMisses = "yatagarasu_jwt_cache_misses_total"
    case jwksFetches = "yatagarasu_jwks_fetches_total"
    case opaRequests = "yatagarasu_opa_requests_total"
    case opaCacheHits = "yatagarasu_opa_cache_hits_total"
    case opaCacheMisses = "yatagarasu_opa_cache_misses_total"
    case opaErrors = "yatagarasu_opa_errors_total"
    case openFGAChecks = "yatagarasu_openfga_checks_total"
    case openFGACacheHits = "yatagarasu_openfga_cache_hits_total"
    case openFGACacheMisses = "yatagarasu_openfga_cache_misses_total"
    case openFGAErrors = "yatagarasu_openfga_errors_total"

    case cacheHits = "yatagarasu_cache_hits_total"
    case cacheMisses = "yatagarasu_cache_misses_total"
    case cacheEvictions = "yatagarasu_cache_evictions_total"
    case cachePurges = "yatagarasu_cache_purges_total"
    /// Labels: bucket, layer (`CacheLayerLabel`).
    case cacheHitsByLayer = "yatagarasu_cache_hits_by_bucket_layer"
    /// Labels: bucket, layer (`CacheLayerLabel`).
    case cacheMissesByLayer = "yatagarasu_cache_misses_by_bucket_layer"
    case cacheSendfiles = "yatagarasu_cache_sendfile_total"
    case cacheSendfileBytes = "yatagarasu_cache_sendfile_bytes_total"
    case cacheCollapsed = "yatagarasu_cache_collapsed_total"
    case cacheBypassed = "yatagarasu_cache_bypassed_total"
    case cacheStale = "yatagarasu_cache_stale_total"

    var row: MetricFamily { MetricFamily(rawValue, .counter, help, labels: labelNames) }

    private var labelNames: [String] {
        switch self {
        case .requestsByBucket, .originConnects, .originConnectFailures, .originStaleRetries, .poolRejections,
            .opaRequests, .opaCacheHits, .opaCacheMisses, .opaErrors, .openFGAChecks, .openFGACacheHits,
            .openFGACacheMisses, .openFGAErrors, .addressDenied, .rateLimitExceeded, .cacheCollapsed, .cacheBypassed,
            .cacheStale:
            ["bucket"]
        case .cacheHitsByLayer, .cacheMissesByLayer: ["bucket", "layer"]
        case .jwksFetches: ["result"]
        case .httpRequestsTotal, .connectionsTotal, .bytesSent, .bytesReceived, .concurrencyLimitRejections,
            .connectionLimitRejections, .payloadTooLarge, .headersTooLarge, .uriTooLong, .pathTraversalBlocked,
            .sqlInjectionBlocked, .malformedRequests, .clientDisconnects, .authSuccess, .authFailure, .authBypassed,
            .jwtCacheHits, .jwtCacheMisses, .cacheHits, .cacheMisses, .cacheEvictions, .cachePurges, .cacheSendfiles,
            .cacheSendfileBytes:
            []
        }
    }

    private var help: StaticString {
        switch self {
        case .httpRequestsTotal: "Requests answered."
        case .requestsByBucket: "Requests answered, by configured bucket."
        case .connectionsTotal: "Client connections accepted."
        case .bytesSent: "Body bytes sent to clients."
        case .bytesReceived: "Bytes received from clients."
        case .concurrencyLimitRejections: "Requests refused because too many were in flight."
        case .connectionLimitRejections: "Client connections refused because too many were open."
        case .payloadTooLarge: "Requests refused for the size of their body."
        case .headersTooLarge: "Requests refused for the size of their header fields."
        case .uriTooLong: "Requests refused for the length of their target."
        case .pathTraversalBlocked: "Requests refused because their path leaves its bucket."
        case .sqlInjectionBlocked: "Requests refused because their path looks like an SQL injection."
        case .addressDenied: "Requests refused because the bucket's lists do not admit the client's address."
        case .rateLimitExceeded: "Requests refused by a rate limit, by bucket; empty for limits that are no bucket's."
        case .malformedRequests: "Messages from clients that are not valid HTTP."
        case .clientDisconnects: "Answers cut short because the client left."
        case .originConnects: "Connections opened to an origin."
        case .originConnectFailures: "Connections to an origin that could not be opened."
        case .originStaleRetries: "Requests sent again because the origin had closed a kept connection."
        case .poolRejections: "Requests refused because too many waited for an origin connection."
        case .authSuccess: "Requests that were let into a private bucket."
        case .authFailure: "Requests that were refused by a private bucket."
        case .authBypassed: "Requests to buckets without authentication."
        case .jwtCacheHits: "Tokens that were known from an earlier request."
        case .jwtCacheMisses: "Tokens that had to be verified."
        case .jwksFetches: "Fetches of issuers' key sets, by result."
        case .opaRequests: "Requests to OPA, further tries included."
        case .opaCacheHits: "Decisions of OPA that were known."
        case .opaCacheMisses: "Decisions of OPA that were not known."
        case .opaErrors: "Questions to which OPA gave no decision."
        case .openFGAChecks: "Checks asked of OpenFGA, further tries included."
        case .openFGACacheHits: "Decisions of OpenFGA that were known."
        case .openFGACacheMisses: "Decisions of OpenFGA that were not known."
        case .openFGAErrors: "Checks to which OpenFGA gave no decision."
        case .cacheHits: "Requests answered from the cache."
        case .cacheMisses: "Requests for which the cache had no answer."
        case .cacheEvictions: "Answers removed from the cache to make room."
        case .cachePurges: "Purges of the cache that were asked for."
        case .cacheHitsByLayer: "Look-ups that a layer of the cache answered, by configured bucket."
        case .cacheMissesByLayer: "Look-ups that a layer of the cache did not answer, by configured bucket."
        case .cacheSendfiles: "Bodies that the kernel sent from files of the cache."
        case .cacheSendfileBytes: "Bytes that the kernel sent from files of the cache."
        case .cacheCollapsed: "Requests that shared another one's request to the origin."
        case .cacheBypassed: "Requests that passed the cache by."
        case .cacheStale: "Requests answered from the cache after the answer's time."
        }
    }
}
