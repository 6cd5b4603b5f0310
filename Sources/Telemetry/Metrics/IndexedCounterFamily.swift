import Exchange

/// Families of counters with one label whose values are a closed list, so that a request finds its cell by a number.
///
/// Only values that were counted are exported.
package enum IndexedCounterFamily: String, Sendable, CaseIterable {
    /// Index: the status.
    case requestsByStatus = "http_requests_by_status_total"
    /// Index: `Method.rawValue`.
    case requestsByMethod = "http_requests_by_method_total"
    /// Index: `S3OperationLabel.rawValue`.
    case s3Operations = "s3_operations_total"
    /// Index: `S3ErrorLabel.index(of:)`.
    case s3Errors = "s3_errors_total"
    /// Index: `AuthOutcomeLabel.rawValue`.
    case authOutcomes = "yatagarasu_auth_outcomes_total"
    /// Index: `RateLimitLabel.rawValue`.
    case rateLimitedRequests = "yatagarasu_rate_limited_requests_total"
    /// Index: `CacheLayerLabel.rawValue`.
    case cacheEvictionsByLayer = "yatagarasu_cache_evictions_by_layer"
    /// Index: `CacheLayerLabel.rawValue`.
    case cacheWritesDropped = "yatagarasu_cache_writes_dropped_total"
    /// Index: `CacheLayerLabel.rawValue`.
    case cacheErrors = "yatagarasu_cache_errors_total"
    /// Index: `RevalidationLabel.rawValue`.
    case cacheRevalidations = "yatagarasu_cache_revalidations_total"
    /// Index: `RemovedFileLabel.rawValue`.
    case cacheFilesRemoved = "yatagarasu_cache_files_removed_total"

    var row: MetricFamily {
        switch self {
        case .requestsByStatus:
            MetricFamily(
                rawValue, .counter, "Requests answered, by status.", labels: ["status"], closedValues: .statuses)
        case .requestsByMethod:
            MetricFamily(
                rawValue, .counter, "Requests answered, by method.", labels: ["method"], closedValues: .methods)
        case .s3Operations:
            MetricFamily(
                rawValue, .counter, "Operations asked of S3 origins.", labels: ["operation"],
                closedValues: .operations)
        case .s3Errors:
            MetricFamily(
                rawValue, .counter, "Errors answered by S3 origins, by S3 error code.", labels: ["error_code"],
                closedValues: .s3Errors)
        case .authOutcomes:
            MetricFamily(
                rawValue, .counter, "Requests to private buckets, by what came of the question who may read.",
                labels: ["outcome"], closedValues: .authOutcomes)
        case .rateLimitedRequests:
            MetricFamily(
                rawValue, .counter, "Requests refused by a rate limit, by limit.", labels: ["limit"],
                closedValues: .rateLimits)
        case .cacheEvictionsByLayer:
            MetricFamily(
                rawValue, .counter, "Answers removed from a layer of the cache to make room.", labels: ["layer"],
                closedValues: .cacheLayers)
        case .cacheWritesDropped:
            MetricFamily(
                rawValue, .counter, "Writes to a layer of the cache dropped because too much waited.",
                labels: ["layer"], closedValues: .cacheLayers)
        case .cacheErrors:
            MetricFamily(
                rawValue, .counter, "Failures of a layer of the cache.", labels: ["layer"], closedValues: .cacheLayers)
        case .cacheRevalidations:
            MetricFamily(
                rawValue, .counter, "Questions to origins whether a kept answer still holds, by result.",
                labels: ["result"], closedValues: .revalidations)
        case .cacheFilesRemoved:
            MetricFamily(
                rawValue, .counter, "Files removed from the disk cache because they are none of its whole answers.",
                labels: ["reason"], closedValues: .removedFiles)
        }
    }
}

/// What is asked of an S3 origin: the label of `s3_operations_total`.
package enum S3OperationLabel: Int, Sendable, CaseIterable { case get, head, list, other }

/// What came of the question who may read: the label of `yatagarasu_auth_outcomes_total`.
package enum AuthOutcomeLabel: Int, Sendable, CaseIterable {
    case success, missingToken, invalidToken, tokenExpired, claimMismatch, policyDenied, unavailable, passedOpen

    var name: String {
        switch self {
        case .success: "success"
        case .missingToken: "missing_token"
        case .invalidToken: "invalid_token"
        case .tokenExpired: "token_expired"
        case .claimMismatch: "claim_mismatch"
        case .policyDenied: "policy_denied"
        case .unavailable: "unavailable"
        case .passedOpen: "passed_open"
        }
    }
}

/// Which rate limit refused: the label of `yatagarasu_rate_limited_requests_total`.
package enum RateLimitLabel: Int, Sendable, CaseIterable { case global, ip, bucket, user }

/// A layer of the cache: the label `layer`.
package enum CacheLayerLabel: Int, Sendable, CaseIterable { case memory, disk, redis }

/// What an origin said of a kept answer: the label of `yatagarasu_cache_revalidations_total`.
package enum RevalidationLabel: Int, Sendable, CaseIterable { case unchanged, changed, failed }

/// Why a file was removed: the label of `yatagarasu_cache_files_removed_total`.
package enum RemovedFileLabel: Int, Sendable, CaseIterable { case torn, orphan, foreign }

/// A label that only takes values of a list; the last one stands for everything else.
struct ClosedLabel: Sendable {
    /// The index of the first value.
    let lowest: Int
    let values: [String]

    static let statuses = ClosedLabel(lowest: 100, values: (100...599).map { String($0) } + ["other"])
    static let methods = ClosedLabel(lowest: 0, values: Method.allCases.map(\.name))
    static let operations = ClosedLabel(lowest: 0, values: S3OperationLabel.allCases.map { "\($0)" })
    static let authOutcomes = ClosedLabel(lowest: 0, values: AuthOutcomeLabel.allCases.map(\.name))
    static let s3Errors = ClosedLabel(lowest: 0, values: S3ErrorLabel.allCases.map(\.rawValue))
    static let rateLimits = ClosedLabel(lowest: 0, values: RateLimitLabel.allCases.map { "\($0)" })
    static let cacheLayers = ClosedLabel(lowest: 0, values: CacheLayerLabel.allCases.map { "\($0)" })
    static let revalidations = ClosedLabel(lowest: 0, values: RevalidationLabel.allCases.map { "\($0)" })
    static let removedFiles = ClosedLabel(lowest: 0, values: RemovedFileLabel.allCases.map { "\($0)" })
}
