import NIOCore

/// Which reply is whose: the commands that were sent on one connection and have no reply yet, in order.
///
/// The server answers in the order of the commands; what it says unasked comes between. Both versions of the protocol
/// are understood: RESP3 marks pushes, RESP2 sends arrays with a telling first word, and those only to a connection
/// that has subscribed.
struct RedisPipeline {
    enum Arrival {
        case reply(ReplyWaiter)
        case push
        /// A reply to nothing: the connection cannot be trusted any more.
        case unexpected
    }

    /// Commands that may be under way at one time.
    let capacity: Int
    private var waiters: [ReplyWaiter?] = []
    private var next = 0
    private var hasSubscribed = false

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { waiters.count - next }
    var hasRoom: Bool { count < capacity }
    var oldest: ReplyWaiter? { next < waiters.count ? waiters[next] : nil }

    /// False when there is no room.
    mutating func append(_ waiter: ReplyWaiter) -> Bool {
        guard hasRoom else { return false }
        waiters.append(waiter)
        return true
    }

    mutating func arrived(_ value: RESPValue) -> Arrival {
        switch value {
        case .push(let elements):
            guard let oldest, oldest.isSubscription, elements.first?.isString("subscribe") ?? false else {
                return .push
            }
            hasSubscribed = true
        case .array(let elements) where hasSubscribed:
            guard elements.first?.isString("pong") ?? false else { return .push }
        case .array:
            if let oldest, oldest.isSubscription { hasSubscribed = true }
        case .simple, .bulk, .verbatim, .error, .blobError, .integer, .double, .boolean, .null, .bigNumber, .set, .map:
            break
        }
        return popFirst().map { .reply($0) } ?? .unexpected
    }

    /// The connection ends: those who are left without a reply.
    mutating func end() -> [ReplyWaiter] {
        let rest = waiters[next...].compactMap(\.self)
        waiters = []
        next = 0
        return rest
    }

    private mutating func popFirst() -> ReplyWaiter? {
        guard next < waiters.count, let first = waiters[next] else { return nil }
        waiters[next] = nil
        next += 1
        if next == waiters.count {
            waiters.removeAll(keepingCapacity: true)
            next = 0
        } else if next > 64, next * 2 > waiters.count {
            waiters.removeFirst(next)
            next = 0
        }
        return first
    }
}
