/// What a client says in Cache-Control (RFC 9111 §5.2.1) that is honoured.
///
/// The other directives are advice to a cache, and following it would let clients make the origin work.
package struct RequestCacheControl: Sendable, Equatable {
    /// The client wants a stored response or 504 (§5.2.1.7).
    package var onlyIfCached = false

    package init() {}

    /// Reads the value of one field line; to be called for each of them, in any order.
    package mutating func read(_ line: Span<UInt8>) {
        var position = 0
        while let directive = CacheDirective.next(in: line, from: &position) {
            if line.extracting(directive.name).equalsIgnoringCase("only-if-cached") { onlyIfCached = true }
        }
    }
}
