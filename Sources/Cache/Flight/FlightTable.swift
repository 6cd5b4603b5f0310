import NIOConcurrencyHelpers

/// The fetches that are under way, so that each response is fetched once however many ask for it (CACHE-6).
///
/// No more entries than there are requests and background refreshes.
package final class FlightTable: Sendable {
    private static var shardCount: Int { 16 }
    private let shards: [NIOLockedValueBox<[CacheKey: Flight]>]

    package init() {
        shards = (0..<Self.shardCount).map { _ in NIOLockedValueBox([:]) }
    }

    /// The flight for `key` and whether it is the caller's to fly. Either way the caller is one of its readers.
    package func join(_ key: CacheKey, orOpen make: () -> Flight) -> (flight: Flight, isOurs: Bool) {
        shard(of: key).withLockedValue { flights in
            if let flight = flights[key], flight.join() { return (flight, false) }
            let flight = make()
            flights[key] = flight
            return (flight, true)
        }
    }

    /// Nobody joins it any more.
    package func remove(_ flight: Flight) {
        shard(of: flight.key).withLockedValue { flights in
            if flights[flight.key] === flight { flights[flight.key] = nil }
        }
    }

    /// Who asks after a purge gets nothing that was asked for before.
    package func remove(_ scope: PurgeScope) {
        for shard in shards {
            shard.withLockedValue { flights in
                flights = flights.filter { !scope.covers($0.key) }
            }
        }
    }

    package var count: Int { shards.reduce(0) { $0 + $1.withLockedValue { $0.count } } }

    private func shard(of key: CacheKey) -> NIOLockedValueBox<[CacheKey: Flight]> {
        shards[Int(truncatingIfNeeded: key.stemHash >> 32) & (Self.shardCount - 1)]
    }
}
