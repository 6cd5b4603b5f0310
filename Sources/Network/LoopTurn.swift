/// What is done once at the end of a loop's turn, after all sockets that were ready: sending what was written in it.
///
/// Writes that leave one right after the other wake their readers once, where writes between other work wake them each
/// time. With a single request under way the end of the turn comes at once. Bound to one event loop.
package final class LoopTurn {
    private let eventLoop: Reactor
    private var flushing: [any TurnFlushable] = []
    private var waiting: [any TurnFlushable] = []

    init(_ eventLoop: Reactor) { self.eventLoop = eventLoop }

    /// `connection` is told at the end of this turn. Whoever is told already must not ask again before.
    package func flushAtEnd(_ connection: any TurnFlushable) {
        waiting.append(connection)
        guard waiting.count == 1 else { return }
        eventLoop._executeIsolatedUnsafeUnchecked { [self] in flush() }
    }

    private func flush() {
        swap(&waiting, &flushing)
        while let connection = flushing.popLast() { connection.turnEnds() }
    }
}

/// Who sends at the end of a turn.
package protocol TurnFlushable: AnyObject {
    func turnEnds()
}
