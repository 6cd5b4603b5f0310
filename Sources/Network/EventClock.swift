import NIOCore

/// When the event that a loop serves was looked at: what is done for one event needs no finer clock, and reading one
/// costs more than it tells. Bound to one event loop.
@usableFromInline package final class EventClock {
    @usableFromInline package var known: NIODeadline?

    @inlinable package var moment: NIODeadline { known ?? look() }

    @usableFromInline package func look() -> NIODeadline {
        let now = NIODeadline.now()
        known = now
        return now
    }

    /// Another event begins.
    func forget() { known = nil }
}
