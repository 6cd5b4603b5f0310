/// What the cache did for an answer, as `X-Cache`, `Age` and `Cache-Status` (RFC 9211) tell it.
package struct CacheNote: Sendable, Equatable {
    /// Why the request went to the origin (RFC 9211 §2.2).
    package enum Forward: UInt8, Sendable {
        /// It did not.
        case none
        case uriMiss, varyMiss, stale, bypass
    }

    /// A stored response is the answer.
    package var isHit: Bool
    package var forward: Forward
    /// What the origin answered; 0 for unknown.
    package var forwardStatus: UInt16 = 0
    /// The response is being stored.
    package var isStored = false
    /// Another request's fetch serves this one, too.
    package var isCollapsed = false
    /// Seconds, for hits.
    package var age: Int64 = 0
    /// Seconds that a hit is still fresh; negative when it is stale.
    package var timeToLive: Int64 = 0

    package init(isHit: Bool, forward: Forward) {
        self.isHit = isHit
        self.forward = forward
    }
}
