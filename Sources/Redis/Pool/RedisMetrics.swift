/// What the pool of one event loop tells its counters; called on the loop.
package struct RedisMetrics {
    /// Connections that exist or are being made, more or fewer.
    package var open: (Int) -> Void = { _ in }
    /// Those of them without a command under way, more or fewer.
    package var idle: (Int) -> Void = { _ in }
    /// A command ended without an answer, or with an error.
    package var failed: (RedisFailure) -> Void = { _ in }

    package init() {}
}
