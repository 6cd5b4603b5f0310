import NIOConcurrencyHelpers
import NIOCore

/// A clock that stands until it is moved.
final class ManualClock: Sendable {
    private let time = NIOLockedValueBox(NIODeadline.now())

    var now: NIODeadline { time.withLockedValue { $0 } }

    func advance(by amount: TimeAmount) { time.withLockedValue { $0 = $0 + amount } }
}
