import NIOCore

/// One deadline of a connection that moves often and passes seldom.
///
/// Moving it later costs a store: the timer that is set already notices when it fires and sets itself anew. Only an
/// earlier deadline than the timer's cancels and sets. Precision is that of the loop. Bound to one event loop.
///
/// The timer holds the watchdog, and `onExpiry` its owner, until `stop`, which the owner calls at its end: weak
/// references would make every other reference to them dearer.
package final class Watchdog {
    private let eventLoop: any EventLoop
    private var deadline: NIODeadline?
    private var armedFor: NIODeadline?
    private var timer: Scheduled<Void>?
    /// Called on the loop when a deadline has passed; the deadline is cleared before.
    package var onExpiry: (() -> Void)?

    package init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Sets the deadline; nil means none.
    package func set(_ new: NIODeadline?) {
        deadline = new
        guard let new, onExpiry != nil else { return }
        if let armedFor, armedFor <= new { return }
        timer?.cancel()
        arm(for: new)
    }

    /// Cancels the timer for good.
    package func stop() {
        deadline = nil
        armedFor = nil
        timer?.cancel()
        timer = nil
        onExpiry = nil
    }

    private func arm(for time: NIODeadline) {
        armedFor = time
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in fire() }
    }

    private func fire() {
        timer = nil
        armedFor = nil
        guard let deadline, onExpiry != nil else { return }
        if deadline <= eventLoop.now {
            self.deadline = nil
            onExpiry?()
        } else {
            arm(for: deadline)
        }
    }
}
