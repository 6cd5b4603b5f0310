import Admission
import Exchange
import NIOCore
import Telemetry

/// What the corridor counts, on one loop's shard.
package struct JourneyMetrics {
    private let shard: MetricShard
    private let inFlight: Gauge
    private let requests: Counter
    private let byStatus: IndexedCounter
    private let byMethod: IndexedCounter
    private let byBucket: [Counter]
    private let duration: Histogram
    private let concurrencyLimit: Counter
    private let connectionLimit: Counter
    private let traversal: Counter
    private let suspiciousPath: Counter
    private let addressDenied: [Counter]
    private let rateLimited: IndexedCounter
    private let rateLimitedBuckets: [Counter]
    private let rateLimitedElsewhere: Counter
    private let payloadTooLarge: Counter
    private let headersTooLarge: Counter
    private let uriTooLong: Counter
    private let malformed: Counter
    private let disconnects: Counter
    private let authSuccess: Counter
    private let authFailure: Counter
    private let bypassed: Counter
    private let authOutcomes: IndexedCounter
    private let cacheHits: Counter
    private let cacheMisses: Counter
    private let collapsed: [Counter]
    private let bypasses: [Counter]
    private let stale: [Counter]
    private let revalidations: IndexedCounter

    package init(registry: MetricRegistry, shard index: Int, buckets: [String]) {
        shard = registry.shards[index]
        inFlight = registry.gauge(.requestsInFlight)
        requests = registry.counter(.httpRequestsTotal)
        byStatus = registry.counter(.requestsByStatus)
        byMethod = registry.counter(.requestsByMethod)
        byBucket = buckets.map { registry.counter(.requestsByBucket, labels: [$0]) }
        duration = registry.histogram(.requestDuration)
        concurrencyLimit = registry.counter(.concurrencyLimitRejections)
        connectionLimit = registry.counter(.connectionLimitRejections)
        traversal = registry.counter(.pathTraversalBlocked)
        suspiciousPath = registry.counter(.sqlInjectionBlocked)
        addressDenied = buckets.map { registry.counter(.addressDenied, labels: [$0]) }
        rateLimited = registry.counter(.rateLimitedRequests)
        rateLimitedBuckets = buckets.map { registry.counter(.rateLimitExceeded, labels: [$0]) }
        rateLimitedElsewhere = registry.counter(.rateLimitExceeded, labels: [""])
        payloadTooLarge = registry.counter(.payloadTooLarge)
        headersTooLarge = registry.counter(.headersTooLarge)
        uriTooLong = registry.counter(.uriTooLong)
        malformed = registry.counter(.malformedRequests)
        disconnects = registry.counter(.clientDisconnects)
        authSuccess = registry.counter(.authSuccess)
        authFailure = registry.counter(.authFailure)
        bypassed = registry.counter(.authBypassed)
        authOutcomes = registry.counter(.authOutcomes)
        cacheHits = registry.counter(.cacheHits)
        cacheMisses = registry.counter(.cacheMisses)
        collapsed = buckets.map { registry.counter(.cacheCollapsed, labels: [$0]) }
        bypasses = buckets.map { registry.counter(.cacheBypassed, labels: [$0]) }
        stale = buckets.map { registry.counter(.cacheStale, labels: [$0]) }
        revalidations = registry.counter(.cacheRevalidations)
    }

    func began() { shard.add(inFlight, 1) }
    func ended() { shard.add(inFlight, -1) }
    func concurrencyLimitReached() { shard.add(concurrencyLimit) }
    func connectionLimitReached() { shard.add(connectionLimit) }
    func traversalBlocked() { shard.add(traversal) }
    func authBypassed() { shard.add(bypassed) }

    /// Counts what came of the question who may read a private bucket.
    func authenticated(_ outcome: AuthOutcomeLabel) {
        shard.add(authOutcomes, at: outcome.rawValue)
        switch outcome {
        case .success, .passedOpen: shard.add(authSuccess)
        case .missingToken, .invalidToken, .tokenExpired, .claimMismatch, .policyDenied, .unavailable:
            shard.add(authFailure)
        }
    }

    func suspiciousPathBlocked() { shard.add(suspiciousPath) }

    func addressDenied(bucket: Int?) {
        if let bucket { shard.add(addressDenied[bucket]) }
    }

    func rateLimited(_ limit: AdmissionFailure.Limit, bucket: Int?) {
        let label: RateLimitLabel =
            switch limit {
            case .global: .global
            case .ip: .ip
            case .bucket: .bucket
            case .user: .user
            }
        shard.add(rateLimited, at: label.rawValue)
        shard.add(bucket.map { rateLimitedBuckets[$0] } ?? rateLimitedElsewhere)
    }

    func revalidated(_ result: RevalidationLabel) { shard.add(revalidations, at: result.rawValue) }

    private func cached(_ outcome: CacheOutcome, _ bucket: Int) {
        switch outcome {
        case .hit, .revalidated: shard.add(cacheHits)
        case .stale:
            shard.add(cacheHits)
            shard.add(stale[bucket])
        case .miss: shard.add(cacheMisses)
        case .shared:
            shard.add(cacheMisses)
            shard.add(collapsed[bucket])
        case .bypass: shard.add(bypasses[bucket])
        }
    }

    /// Counts one answered request.
    func record(_ trip: borrowing Trip, method: Method, _ duration: TimeAmount) {
        shard.add(requests)
        shard.add(byStatus, at: Int(trip.status))
        shard.add(byMethod, at: Int(method.rawValue))
        if let bucket = trip.bucket {
            shard.add(byBucket[bucket])
            if let outcome = trip.cacheOutcome { cached(outcome, bucket) }
        }
        shard.observe(self.duration, nanoseconds: duration.nanoseconds)
        if trip.hasClientLeft { shard.add(disconnects) }
        switch trip.fault?.code {
        case .payloadTooLarge: shard.add(payloadTooLarge)
        case .headersTooLarge: shard.add(headersTooLarge)
        case .uriTooLong: shard.add(uriTooLong)
        case .badRequest where trip.bucket == nil, .versionNotSupported: shard.add(malformed)
        default: break
        }
    }
}

extension AuthOutcomeLabel {
    /// The outcome behind a refusal; nil for one that has another reason.
    init?(_ code: FaultCode) {
        switch code {
        case .missingToken: self = .missingToken
        case .invalidToken: self = .invalidToken
        case .tokenExpired: self = .tokenExpired
        case .claimMismatch: self = .claimMismatch
        case .policyDenied: self = .policyDenied
        case .authorizationUnavailable: self = .unavailable
        default: return nil
        }
    }
}
