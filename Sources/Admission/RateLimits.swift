import Exchange
import NIOCore
import Resilience
import Settings

/// The rate limits of the whole process: one object that all event loops ask (LIM-1).
///
/// Times come from the loops' clocks, which differ by no more than a turn of a loop takes.
package final class RateLimits: Sendable {
    private let global: SharedTokenBucket?
    private let clients: TokenBucketTable?
    private let users: TokenBucketTable?
    /// In the order of the configuration.
    private let buckets: [SharedTokenBucket?]

    /// Nil when nothing is limited.
    package init?(_ settings: RateLimitSettings, buckets: [BucketSettings]) {
        let isOn = settings.isEnabled
        global = isOn ? settings.global.map { SharedTokenBucket(RateLimit($0)) } : nil
        clients = isOn ? settings.perIP.map(TokenBucketTable.init) : nil
        users = isOn ? settings.perUser.map(TokenBucketTable.init) : nil
        self.buckets = buckets.map { $0.s3.rateLimit.map { SharedTokenBucket(RateLimit($0)) } }
        let hasAny = global != nil || clients != nil || users != nil || self.buckets.contains { $0 != nil }
        guard hasAny else { return nil }
    }

    /// The limit of one bucket; nil when it has none.
    package func bucket(_ index: Int) -> BucketLimit? {
        buckets.indices.contains(index) ? buckets[index].map(BucketLimit.init) : nil
    }

    /// Counts a request of a client. Who asks too often is refused before the others are charged for it.
    package func admit(_ client: NumericAddress?, now: NIODeadline) throws(AdmissionFailure) {
        let time = now.nanoseconds
        if let clients, let client {
            let verdict = clients.take(Self.key(of: client.site), now: time)
            if let seconds = verdict.retryAfter { throw .rateLimited(.ip, retryAfter: seconds) }
        }
        if let seconds = global?.take(now: time).retryAfter { throw .rateLimited(.global, retryAfter: seconds) }
    }

    /// Counts a request of a user, by the token's `sub`. A token that names nobody is limited by itself.
    package func admit(_ user: Principal, now: NIODeadline) throws(AdmissionFailure) {
        guard let users else { return }
        // The identity is a keyed hash already.
        let key = user.subject.map { Self.key(of: $0.readableBytesUInt8Span) } ?? user.identity.high
        let verdict = users.take(key, now: now.nanoseconds)
        if let seconds = verdict.retryAfter { throw .rateLimited(.user, retryAfter: seconds) }
    }

    // SipHash with a secret that the process drew when it started: nobody can foretell it.

    private static func key(of address: NumericAddress) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(address.bits)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func key(of user: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        unsafe user.bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// How often a bucket may be asked, all clients together.
package struct BucketLimit: Sendable {
    fileprivate let tokens: SharedTokenBucket

    package func admit(now: NIODeadline) throws(AdmissionFailure) {
        if let seconds = tokens.take(now: now.nanoseconds).retryAfter {
            throw .rateLimited(.bucket, retryAfter: seconds)
        }
    }
}

extension NIODeadline {
    fileprivate var nanoseconds: Int64 { Int64(clamping: uptimeNanoseconds) }
}

extension RateLimit {
    fileprivate init(_ settings: RateSettings) {
        self.init(perSecond: settings.requestsPerSecond, burst: settings.burst ?? settings.requestsPerSecond)
    }
}

extension TokenBucketTable {
    fileprivate convenience init(_ settings: ClientRateSettings) {
        let rate = settings.requestsPerSecond
        self.init(RateLimit(perSecond: rate, burst: settings.burst ?? rate), capacity: settings.maxClients)
    }
}
