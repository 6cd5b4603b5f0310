import NIOConcurrencyHelpers
import NIOCore

/// One bucket's decisions, shared by all event loops: those that are kept, and those that somebody is asking for, so
/// that a question is put to the provider once, however many requests want to know.
///
/// In shards, each behind a lock that is held for a look-up only. The time is passed in.
package final class DecisionTable: Sendable {
    /// What a request finds.
    package enum Finding {
        case known(Decision)
        /// Nobody asks yet: the caller must, and must call `settle` whatever comes of it.
        case ours(OpenDecision)
        /// Somebody asks already.
        case theirs(OpenDecision)
    }

    private struct Shard {
        var kept: KeptDecisions
        /// No more than there are requests in flight.
        var open: [DecisionKey: OpenDecision] = [:]
    }

    /// Below so many entries a shard is not worth its lock.
    private static let entriesPerShard = 64
    private static let mostShards = 16

    private let allowFor: TimeAmount
    private let denyFor: TimeAmount
    private let shards: [NIOLockedValueBox<Shard>]

    /// A time of zero keeps no decisions of that kind.
    package init(capacity: Int, allowFor: TimeAmount, denyFor: TimeAmount) {
        var count = 1
        while count < Self.mostShards, capacity / (count * 2) >= Self.entriesPerShard { count *= 2 }
        shards = (0..<count).map { _ in
            NIOLockedValueBox(Shard(kept: KeptDecisions(capacity: capacity / count)))
        }
        self.allowFor = allowFor
        self.denyFor = denyFor
    }

    /// Decisions that are kept now, those that hold no more included.
    package var count: Int { shards.reduce(0) { $0 + $1.withLockedValue { $0.kept.count } } }

    package func find(_ key: DecisionKey, at now: NIODeadline) -> Finding {
        shard(of: key).withLockedValue { shard in
            if let decision = shard.kept.find(key, at: now) { return .known(decision) }
            if let open = shard.open[key] { return .theirs(open) }
            let open = OpenDecision()
            shard.open[key] = open
            return .ours(open)
        }
    }

    /// The decision, if it is kept.
    package func known(_ key: DecisionKey, at now: NIODeadline) -> Decision? {
        shard(of: key).withLockedValue { $0.kept.find(key, at: now) }
    }

    /// Ends what `find` gave as `ours`: keeps the decision if it is one, and tells who waits. Failures are not kept.
    package func settle(_ open: OpenDecision, _ key: DecisionKey, _ decision: Decision, at now: NIODeadline) {
        let age =
            switch decision {
            case .allow: allowFor
            case .deny: denyFor
            case .unavailable, .undecidable: TimeAmount.zero
            }
        shard(of: key).withLockedValue { shard in
            shard.open[key] = nil
            if age > .zero { shard.kept.keep(decision, key, until: now + age) }
        }
        open.settle(decision)
    }

    private func shard(of key: DecisionKey) -> NIOLockedValueBox<Shard> { shards[key.digest & (shards.count - 1)] }
}
