import NIOCore
import Synchronization

/// Where the process is between its start and its end. Shared by all loops.
package final class Lifecycle: Sendable {
    private let started: NIODeadline
    private let ending = Atomic<Bool>(false)

    package init(started: NIODeadline) { self.started = started }

    package var uptime: TimeAmount { NIODeadline.now() - started }

    /// The end has been asked for: `/ready` says so at once.
    package var isEnding: Bool { ending.load(ordering: .relaxed) }

    package func beginEnding() { ending.store(true, ordering: .relaxed) }
}
