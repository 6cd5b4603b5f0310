/// Until when a stored response may be used, and for what (RFC 9111 §4.2, RFC 5861).
///
/// Moments are milliseconds since the epoch, the rest milliseconds.
package struct Freshness: Sendable, Equatable {
    /// When the response was received.
    package var storedAt: Int64
    /// Its age at that moment (§4.2.3).
    package var initialAge: Int64
    /// The age from which on it is stale (§4.2.1).
    package var lifetime: Int64
    /// How long after that it may be used while it is revalidated in the background (RFC 5861 §3).
    package var staleWhileRevalidate: Int64
    /// How long after that it may be used when the origin fails (RFC 5861 §4).
    package var staleIfError: Int64
    /// It may never be used stale, whatever the two before say.
    package var mustRevalidate: Bool

    package init(
        storedAt: Int64, initialAge: Int64, lifetime: Int64, staleWhileRevalidate: Int64, staleIfError: Int64,
        mustRevalidate: Bool
    ) {
        self.storedAt = storedAt
        self.initialAge = initialAge
        self.lifetime = lifetime
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.mustRevalidate = mustRevalidate
    }

    /// The current age (§4.2.3), never negative. A clock that went back counts as no time in the cache.
    package func age(at now: Int64) -> Int64 {
        max(0, initialAge).adding(max(0, now.subtracting(storedAt)))
    }

    /// The value of an Age field (§5.1).
    package func ageSeconds(at now: Int64) -> Int64 { age(at: now) / 1_000 }

    /// How long the response is still fresh; 0 or less when it is stale.
    package func remaining(at now: Int64) -> Int64 { lifetime.subtracting(age(at: now)) }

    package func isFresh(at now: Int64) -> Bool { remaining(at: now) > 0 }

    /// Whether the response may be used before the origin has answered: it is fresh, or stale for a short time only.
    package func mayServeWhileRevalidating(at now: Int64) -> Bool { mayServe(at: now, staleFor: staleWhileRevalidate) }

    /// Whether the response may be used when the origin fails: it is fresh, or stale for a short time only.
    package func mayServeOnError(at now: Int64) -> Bool { mayServe(at: now, staleFor: staleIfError) }

    private func mayServe(at now: Int64, staleFor limit: Int64) -> Bool {
        let remaining = remaining(at: now)
        return remaining > 0 || (!mustRevalidate && remaining > -max(0, limit))
    }
}

extension Freshness {
    /// Computes the freshness of a response that was asked for at `requestTime` and came at `responseTime`.
    ///
    /// The fields are the first lines of Age, Date and Expires. Age and Date count as absent when they are empty or
    /// invalid (§5.1, RFC 9110 §6.6.1: the time of receipt is taken for Date); Expires is absent when it is nil, and in
    /// the past when it is invalid (§5.3).
    ///
    /// An `s-maxage` has the meaning of `proxy-revalidate` (§5.2.2.10), and §4.2.4 names it among the directives that
    /// prohibit stale responses. That is a MUST NOT, and RFC 5861 says no more than MAY: a `stale-while-revalidate` or
    /// `stale-if-error` beside `s-maxage`, `must-revalidate`, `proxy-revalidate` or `no-cache` has no effect. Beside
    /// `max-age` it has, in place of what `rules` say.
    package init(
        cacheControl: ResponseCacheControl, age: Span<UInt8>, date: Span<UInt8>, expires: Span<UInt8>?,
        rules: FreshnessRules, requestTime: Int64, responseTime: Int64
    ) {
        let sent = HTTPDate.parse(date, now: responseTime / 1_000)
        storedAt = responseTime
        initialAge = Self.initialAge(age: age, sent: sent, requestTime, responseTime)
        if rules.respectsCacheControl {
            let explicit = Self.lifetime(cacheControl, expires: expires, sent: sent, responseTime)
            lifetime = max(0, explicit ?? rules.defaultLifetime)
            staleWhileRevalidate = cacheControl.staleWhileRevalidate?.inMilliseconds ?? rules.staleWhileRevalidate
            staleIfError = cacheControl.staleIfError?.inMilliseconds ?? rules.staleIfError
            mustRevalidate =
                cacheControl.noCache || cacheControl.mustRevalidate || cacheControl.proxyRevalidate
                || cacheControl.sMaxAge != nil
        } else {
            lifetime = max(0, rules.defaultLifetime)
            staleWhileRevalidate = rules.staleWhileRevalidate
            staleIfError = rules.staleIfError
            mustRevalidate = false
        }
    }

    /// `corrected_initial_age` of §4.2.3. Date counts whole seconds, and so does what is compared with it.
    private static func initialAge(
        age: Span<UInt8>, sent: Int64?, _ requestTime: Int64, _ responseTime: Int64
    ) -> Int64 {
        var end = 0
        while end < age.count, age[end] != UInt8(ascii: ",") { end += 1 }
        let value = age.deltaSeconds(age.trimmed(0..<end)) ?? 0
        let corrected = value.inMilliseconds.adding(max(0, responseTime.subtracting(requestTime)))
        guard let sent else { return corrected }
        let apparent = max(0, (responseTime / 1_000).subtracting(sent)).inMilliseconds
        return max(apparent, corrected)
    }

    /// `freshness_lifetime` of §4.2.1; nil when the response does not say.
    private static func lifetime(
        _ cacheControl: ResponseCacheControl, expires: Span<UInt8>?, sent: Int64?, _ responseTime: Int64
    ) -> Int64? {
        if cacheControl.noCache { return 0 }
        if let seconds = cacheControl.sMaxAge ?? cacheControl.maxAge { return seconds.inMilliseconds }
        guard let expires else { return nil }
        guard let end = HTTPDate.parse(expires, now: responseTime / 1_000) else { return 0 }
        return end.inMilliseconds.subtracting(sent?.inMilliseconds ?? responseTime)
    }
}
