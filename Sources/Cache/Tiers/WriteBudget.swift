import NIOConcurrencyHelpers

/// Bytes that may wait for something at a time, shared by all loops.
package final class WriteBudget: Sendable {
    private let limit: Int
    private let taken = NIOLockedValueBox(0)

    package init(limit: Int) { self.limit = limit }

    /// Whether `bytes` more may wait; they are given back with `giveBack`.
    package func take(_ bytes: Int) -> Bool {
        taken.withLockedValue { taken in
            guard taken + bytes <= limit else { return false }
            taken += bytes
            return true
        }
    }

    package func giveBack(_ bytes: Int) { taken.withLockedValue { $0 -= bytes } }

    package var used: Int { taken.withLockedValue { $0 } }
}
