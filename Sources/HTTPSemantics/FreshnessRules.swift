/// What the operator says about freshness, beside what the origin says. Times are milliseconds.
package struct FreshnessRules: Sendable, Equatable {
    /// False: Cache-Control and Expires of responses are ignored.
    package var respectsCacheControl: Bool
    /// How long a response without an explicit lifetime is fresh (RFC 9111 §4.2.2).
    package var defaultLifetime: Int64
    /// For responses that say nothing themselves (RFC 9111 §4.2.4 allows configuration to permit stale responses).
    package var staleWhileRevalidate: Int64
    package var staleIfError: Int64

    package init(
        respectsCacheControl: Bool, defaultLifetime: Int64, staleWhileRevalidate: Int64, staleIfError: Int64
    ) {
        self.respectsCacheControl = respectsCacheControl
        self.defaultLifetime = defaultLifetime
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
    }
}
