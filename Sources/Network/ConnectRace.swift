/// Which address is tried when, as a value (RFC 8305 §4 and §5, "happy eyeballs").
///
///     start ──▶ attempt 1 ──250 ms──▶ attempt 2 ──250 ms──▶ … (all stay pending)
///                   │ failed: the next one at once; none left and none pending: give up
///                   └ connected: won, the others are abandoned
struct ConnectRace {
    /// "Connection Attempt Delay".
    static let delayMilliseconds: Int64 = 250

    enum Action: Equatable {
        case attempt(IPAddress)
        /// Others are pending.
        case wait
        case giveUp(ConnectFailure)
    }

    private var remaining: ArraySlice<IPAddress>
    private var pending = 0
    private var failure = ConnectFailure.unreachable

    /// `addresses`, best first, are tried by alternating families, beginning with the first one's.
    init(_ addresses: [IPAddress]) {
        guard let first = addresses.first else {
            remaining = []
            return
        }
        let same = addresses.filter { $0.isV6 == first.isV6 }
        let other = addresses.filter { $0.isV6 != first.isV6 }
        var order: [IPAddress] = []
        for index in 0..<max(same.count, other.count) {
            if index < same.count { order.append(same[index]) }
            if index < other.count { order.append(other[index]) }
        }
        remaining = order[...]
    }

    var hasMore: Bool { !remaining.isEmpty }

    /// At the beginning, and whenever the delay has passed.
    mutating func next() -> Action {
        guard let address = remaining.popFirst() else { return pending > 0 ? .wait : .giveUp(failure) }
        pending += 1
        return .attempt(address)
    }

    /// One attempt failed.
    mutating func failed(_ reason: ConnectFailure) -> Action {
        pending -= 1
        // A host that answers "no" tells more than a network that is not there, e.g. IPv6 on a machine without it.
        if failure == .unreachable { failure = reason }
        // Another address needs a descriptor, too.
        if reason == .descriptorsExhausted { remaining = [] }
        return next()
    }
}
