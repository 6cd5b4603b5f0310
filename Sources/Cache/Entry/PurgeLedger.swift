import NIOConcurrencyHelpers

/// Keeps out of every tier what was fetched before a purge that covers it.
///
/// Whoever may store something later takes a ticket before it asks for it, and gives it back at the end. A tier asks
/// `admits` under the lock under which it stores; a purge is written here before any tier is swept. So what is stored
/// before the sweep is swept, and what would be stored after it is refused. Purges are forgotten when no ticket is
/// older than they are.
package final class PurgeLedger: Sendable {
    package struct Ticket: Sendable, Equatable {
        /// The number of purges that were known when it was taken.
        fileprivate let epoch: UInt64
    }

    /// Beyond so many, one that covers everything stands for all of them.
    private static var rememberedAtMost: Int { 10_000 }

    private struct State {
        var epoch: UInt64 = 0
        /// How many tickets of each epoch are out.
        var tickets: [UInt64: Int] = [:]
        var purges: [(epoch: UInt64, scope: PurgeScope)] = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    package func take() -> Ticket {
        state.withLockedValue { state in
            state.tickets[state.epoch, default: 0] += 1
            return Ticket(epoch: state.epoch)
        }
    }

    /// One more holds the ticket, and gives it back by itself.
    package func share(_ ticket: Ticket) { state.withLockedValue { $0.tickets[ticket.epoch, default: 0] += 1 } }

    /// Every ticket is given back once.
    package func giveBack(_ ticket: Ticket) {
        state.withLockedValue { state in
            let left = (state.tickets[ticket.epoch] ?? 1) - 1
            state.tickets[ticket.epoch] = left > 0 ? left : nil
            guard left == 0, !state.purges.isEmpty else { return }
            let oldest = state.tickets.keys.min() ?? .max
            state.purges.removeAll { $0.epoch <= oldest }
        }
    }

    /// Whether no purge since the ticket was taken covers `key`.
    package func admits(_ key: CacheKey, _ ticket: Ticket) -> Bool {
        state.withLockedValue { state in
            guard ticket.epoch < state.epoch else { return true }
            return !state.purges.contains { $0.epoch > ticket.epoch && $0.scope.covers(key) }
        }
    }

    /// Notes a purge; the tiers are swept after it.
    package func note(_ scope: PurgeScope) {
        state.withLockedValue { state in
            state.epoch += 1
            guard !state.tickets.isEmpty else { return }
            guard state.purges.count < Self.rememberedAtMost else {
                state.purges = [(state.epoch, .everything)]
                return
            }
            state.purges.append((state.epoch, scope))
        }
    }

    /// Purges that are remembered now.
    package var count: Int { state.withLockedValue { $0.purges.count } }
}
