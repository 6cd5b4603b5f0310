import NIOCore

/// A body that its consumer pulls; single consumer, bound to one event loop.
///
/// Whoever produces the bytes must stop reading its own source while nobody asks, so that memory is bounded by a
/// window. The cancellation of the request that it belongs to ends a wait in `next()`.
package protocol BodySource: AnyObject {
    /// The next bytes, never empty; nil after the last. After nil or a failure it must not be called again.
    func next() async throws(Fault) -> ByteBuffer?
    /// What is there already, without a wait.
    func takeAvailable() -> AvailableBody
    /// Gives the rest up: the producer closes or drains its source. Safe to call at any time, also after the end.
    func cancel()
}

/// What a body has at hand.
package enum AvailableBody {
    /// The next bytes, never empty.
    case chunk(ByteBuffer)
    /// Only `next()` can tell what follows.
    case unknown
    /// The body was taken to its end.
    case end
}
