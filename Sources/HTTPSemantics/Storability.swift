/// Whether the response to a GET may be kept by a shared cache (RFC 9111 §3).
package enum Storability: Sendable, Equatable {
    case storable
    case never(Reason)

    package enum Reason: Sendable, Equatable {
        /// Neither 200 nor a 404 that is wanted. 206 is among these: parts are not put together.
        case status
        /// `no-store`
        case noStore
        /// `private`
        case `private`
        /// `Vary: *`, or too much in Vary to be matched.
        case varyAny
    }

    /// `no-cache` does not hinder storing: the response is revalidated before each use.
    ///
    /// `must-understand` overrules `no-store` where the status is understood (§5.2.2.3), as both of these are. A 200 or
    /// 404 needs no explicit lifetime (RFC 9110 §15.1).
    package init(
        status: Int, cacheControl: ResponseCacheControl, vary: VaryFields, storesNotFound: Bool,
        respectsCacheControl: Bool
    ) {
        guard status == 200 || (status == 404 && storesNotFound) else {
            self = .never(.status)
            return
        }
        if case .any = vary {
            self = .never(.varyAny)
        } else if respectsCacheControl, cacheControl.isPrivate {
            self = .never(.private)
        } else if respectsCacheControl, cacheControl.noStore, !cacheControl.mustUnderstand {
            self = .never(.noStore)
        } else {
            self = .storable
        }
    }
}
