/// What the cache did for one request: the field `cache` of the access log.
package enum CacheOutcome: Sendable, CaseIterable {
    /// Answered from a stored answer that is fresh.
    case hit
    /// Answered from a stored answer after its time.
    case stale
    /// Answered from a stored answer that the origin confirmed.
    case revalidated
    /// Nothing was stored that could answer.
    case miss
    /// Nothing was stored, and another request's fetch answered this one too.
    case shared
    /// The cache was not asked.
    case bypass

    var name: StaticString {
        switch self {
        case .hit: "hit"
        case .stale: "stale"
        case .revalidated: "revalidated"
        case .miss: "miss"
        case .shared: "shared"
        case .bypass: "bypass"
        }
    }
}
