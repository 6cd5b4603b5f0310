import NIOConcurrencyHelpers

/// Bytes that may wait for something at a time, shared by all loops.
package final class WriteBudget: Sendable {
    /// A part that was taken, given back with its last owner.
    package final class Share: Sendable {
        private let budget: WriteBudget
        private let bytes: Int

        /// `bytes` were taken.
        package init(_ budget: WriteBudget, _ bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit { budget.giveBack(bytes) }
    }

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
