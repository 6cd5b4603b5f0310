/// How long a stored response may be used (RFC 9111 §4.2), in milliseconds.
package struct Freshness: Sendable, Equatable {
    package var storedAt: Int64
    package var initialAge: Int64
    package var lifetime: Int64
    package var staleWhileRevalidate: Int64
    package var staleIfError: Int64
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

    package func age(at now: Int64) -> Int64 { initialAge + max(0, now - storedAt) }
    package func remaining(at now: Int64) -> Int64 { lifetime - age(at: now) }
    package func isFresh(at now: Int64) -> Bool { remaining(at: now) > 0 }
}
