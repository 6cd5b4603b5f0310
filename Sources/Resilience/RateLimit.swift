/// A rate and its burst, as times: the rule of every token bucket (the generic cell rate algorithm, ITU-T I.371 §A).
///
/// A bucket is kept as one number, the time at which it would be full again. Each request moves that time on by what
/// one request takes at the rate; a request that would move it further ahead of now than a whole burst takes is
/// refused and moves nothing. So within any time at most `burst + rate × time` requests are allowed.
package struct RateLimit: Sendable, Equatable {
    /// What one request takes, in nanoseconds.
    let interval: Int64
    /// What a whole burst takes, in nanoseconds.
    let depth: Int64

    /// Numbers below 1 count as 1, those above a thousand million as that: no product overflows then.
    package init(perSecond rate: Int, burst: Int) {
        let most = 1_000_000_000
        interval = Int64(most / min(max(1, rate), most))
        depth = interval * Int64(min(max(1, burst), most))
    }

    /// What a bucket says to one request; times are nanoseconds of any clock that begins at zero.
    package enum Verdict: Sendable, Equatable {
        /// The bucket will be full at that time.
        case allowed(fullAt: Int64)
        /// The next request is allowed in so many nanoseconds.
        case refused(wait: Int64)
    }

    /// `fullAt` is what the last allowed request left, 0 for a bucket that nobody has asked.
    package func verdict(fullAt: Int64, now: Int64) -> Verdict {
        let next = max(fullAt, now) + interval
        let wait = next - now - depth
        return wait > 0 ? .refused(wait: wait) : .allowed(fullAt: next)
    }
}

extension RateLimit.Verdict {
    /// The seconds that a refused client is told to wait, at least one (RFC 9110 §10.2.3); nil when it is allowed.
    package var retryAfter: Int? {
        guard case .refused(let wait) = self else { return nil }
        return Int(max(1, (wait + 999_999_999) / 1_000_000_000))
    }
}
