/// How long to pause before another try: twice as long each time, and somewhere in that span, so that those who failed
/// together do not come back together.
package struct Backoff: Sendable, Equatable {
    /// The longest pause before the second try.
    package let first: Duration
    /// No pause is longer.
    package let longest: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The pause after so many tries that failed, at least half of its span; `random` is any word.
    package func pause(after failures: Int, random: UInt64) -> Duration {
        var span = first
        var doublings = failures - 1
        while doublings > 0, span < longest {
            span += span
            doublings -= 1
        }
        span = min(span, longest)
        return span / 2 + span / 2 * Int(random % 1_024) / 1_023
    }
}
