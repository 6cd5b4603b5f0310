import NIOConcurrencyHelpers

/// A token bucket for each of many clients, in bounded memory, for all event loops.
///
/// The table is cut into shards, each under a lock of its own, and each shard holds two generations. Whoever asks
/// moves to the young one; when that is full it becomes the old one, and the one that was old is forgotten. So at least
/// the half that asked most lately is always there, at most `capacity` clients are, and forgetting costs no search.
/// A forgotten client starts with a full bucket.
package final class TokenBucketTable: Sendable {
    private let limit: RateLimit
    private let shards: [NIOLockedValueBox<Generations>]
    private let mask: UInt64

    /// The times at which buckets are full, by key.
    private struct Generations {
        let capacity: Int
        var young: [UInt64: Int64] = [:]
        var old: [UInt64: Int64] = [:]

        mutating func take(_ key: UInt64, _ limit: RateLimit, now: Int64) -> RateLimit.Verdict {
            let known = young[key]
            let fullAt = known ?? old[key] ?? 0
            let verdict = limit.verdict(fullAt: fullAt, now: now)
            if case .allowed(let next) = verdict {
                young[key] = next
            } else if known == nil {
                young[key] = fullAt
            }
            if young.count >= capacity { age() }
            return verdict
        }

        private mutating func age() {
            swap(&young, &old)
            young.removeAll(keepingCapacity: true)
        }
    }

    /// `capacity` counts clients; below two for each shard it counts as that.
    package init(_ limit: RateLimit, capacity: Int, shards count: Int = 16) {
        self.limit = limit
        var size = 1
        while size < count { size *= 2 }
        mask = UInt64(size - 1)
        let share = max(1, capacity / size / 2)
        shards = (0..<size).map { _ in NIOLockedValueBox(Generations(capacity: share)) }
    }

    /// Takes a token of a client when there is one.
    ///
    /// `key` is a hash of the client's name that nobody outside can foretell: otherwise clients could choose names that
    /// share a bucket or crowd one shard.
    package func take(_ key: UInt64, now: Int64) -> RateLimit.Verdict {
        // The dictionary hashes anew: these bits choose nothing else.
        shards[Int(key & mask)].withLockedValue { $0.take(key, limit, now: now) }
    }

    /// Clients that are remembered.
    package var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.withLockedValue { $0.young.count + $0.old.count } }
    }
}
