/// What an origin says in Cache-Control (RFC 9111 §5.2.2, RFC 5861, RFC 8246) that a shared cache has to know.
///
/// Unknown directives are ignored (§5.2.3). A directive that restricts counts with any argument, so that a qualified
/// `no-cache` or `private` is taken for the unqualified one; a directive that permits counts only without one. Of
/// several numbers the smallest counts.
package struct ResponseCacheControl: Sendable, Equatable {
    package var noStore = false
    package var noCache = false
    package var isPrivate = false
    package var isPublic = false
    package var mustRevalidate = false
    package var proxyRevalidate = false
    package var mustUnderstand = false
    package var immutable = false
    /// Seconds from 0 to 2^31, as all numbers here; nil when absent.
    package var maxAge: Int64?
    package var sMaxAge: Int64?
    package var staleWhileRevalidate: Int64?
    package var staleIfError: Int64?

    package init() {}

    /// Reads the value of one field line; to be called for each of them, in any order.
    package mutating func read(_ line: Span<UInt8>) {
        var position = 0
        while let directive = CacheDirective.next(in: line, from: &position) {
            let name = line.extracting(directive.name)
            if restrict(name) { continue }
            if directive.isPlain { permit(name) }
            limit(name, directive.seconds(in: line))
        }
    }

    private mutating func restrict(_ name: Span<UInt8>) -> Bool {
        if name.equalsIgnoringCase("no-store") {
            noStore = true
        } else if name.equalsIgnoringCase("no-cache") {
            noCache = true
        } else if name.equalsIgnoringCase("private") {
            isPrivate = true
        } else if name.equalsIgnoringCase("must-revalidate") {
            mustRevalidate = true
        } else if name.equalsIgnoringCase("proxy-revalidate") {
            proxyRevalidate = true
        } else {
            return false
        }
        return true
    }

    private mutating func permit(_ name: Span<UInt8>) {
        if name.equalsIgnoringCase("public") {
            isPublic = true
        } else if name.equalsIgnoringCase("must-understand") {
            mustUnderstand = true
        } else if name.equalsIgnoringCase("immutable") {
            immutable = true
        }
    }

    private mutating func limit(_ name: Span<UInt8>, _ seconds: Int64) {
        if name.equalsIgnoringCase("max-age") {
            maxAge = min(maxAge ?? seconds, seconds)
        } else if name.equalsIgnoringCase("s-maxage") {
            sMaxAge = min(sMaxAge ?? seconds, seconds)
        } else if name.equalsIgnoringCase("stale-while-revalidate") {
            staleWhileRevalidate = min(staleWhileRevalidate ?? seconds, seconds)
        } else if name.equalsIgnoringCase("stale-if-error") {
            staleIfError = min(staleIfError ?? seconds, seconds)
        }
    }
}
