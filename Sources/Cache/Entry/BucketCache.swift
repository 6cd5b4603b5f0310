import HTTPSemantics

/// What the cache is to one bucket: its tiers, and the rules by which the bucket's responses are kept (CACHE-8).
package struct BucketCache: Sendable {
    /// What a range request does.
    package enum Ranges: Sendable {
        /// It goes to the origin and leaves nothing behind.
        case bypass
        /// It is served from the whole object, which is fetched for it.
        case serve
        /// It is served from slices of this many bytes, each stored by itself.
        case slice(Int64)
    }

    package let tiers: CacheTiers
    package let space: UInt32
    package let rules: FreshnessRules
    /// How long it is remembered that an object does not exist, in milliseconds; 0 for not at all.
    package let negativeLifetime: Int64
    /// Longer bodies are not stored.
    package let maxItemSize: Int64
    package let ranges: Ranges
    /// Concurrent misses of one object make one request to the origin.
    package let coalesces: Bool
    /// Followers begin when the leader's body is complete.
    package let waitsForComplete: Bool
    /// Bytes of a flight that nobody stores which stay in memory for those behind.
    package let window: Int

    package init(
        tiers: CacheTiers, space: UInt32, rules: FreshnessRules, negativeLifetime: Int64, maxItemSize: Int64,
        ranges: Ranges, coalesces: Bool, waitsForComplete: Bool, window: Int
    ) {
        self.tiers = tiers
        self.space = space
        self.rules = rules
        self.negativeLifetime = negativeLifetime
        self.maxItemSize = maxItemSize
        self.ranges = ranges
        self.coalesces = coalesces
        self.waitsForComplete = waitsForComplete
        self.window = window
    }

    /// Whether a body of that length is held in memory until it is complete, and stored then.
    package func holds(length: Int64) -> Bool { length <= maxItemSize && tiers.holds(length: length) }

    /// Whether a body of that length is written to disk while it comes.
    package func spools(length: Int64) -> Bool {
        length <= maxItemSize && tiers.disk?.takes(length: length) ?? false
    }
}
