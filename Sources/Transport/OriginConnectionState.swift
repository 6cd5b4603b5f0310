import Exchange

/// What one connection to an origin may do next: a value that takes events and returns actions.
///
///     idle ── request sent ──▶ awaitingHead ── head ──▶ body ── end ──▶ idle (kept) or closed
///       │                          │                     │
///       └── input or end ──────────┴── failure ──────────┴──▶ closed
///
/// `sawBytes` tells whether the origin began to answer: if it did not, on a connection that had served before, the
/// request may be sent once more elsewhere (RFC 9112 §9.3.1).
struct OriginConnectionState: Equatable {
    enum Phase: Equatable {
        case idle
        case awaitingHead(isHead: Bool)
        case body
        case closed
    }

    enum BytesAction: Equatable {
        case parseHead(isHead: Bool)
        case decodeBody
        /// Bytes that nobody asked for: the connection cannot be trusted any more.
        case close
        case ignore
    }

    enum EndAction: Equatable {
        case keep
        case close
    }

    private(set) var phase: Phase = .idle
    private(set) var keepsAlive = true
    private(set) var sawBytes = false
    /// Exchanges that ended well before the present one.
    private(set) var served = 0

    var isIdle: Bool { phase == .idle }

    /// Whether the failure of the present request may be the origin's closing of an idle connection.
    var isStaleCandidate: Bool { served > 0 && !sawBytes }

    mutating func requestSent(isHead: Bool) {
        phase = .awaitingHead(isHead: isHead)
        sawBytes = false
    }

    mutating func bytesArrived() -> BytesAction {
        switch phase {
        case .idle:
            phase = .closed
            return .close
        case .awaitingHead(let isHead):
            sawBytes = true
            return .parseHead(isHead: isHead)
        case .body: return .decodeBody
        case .closed: return .ignore
        }
    }

    /// A final head is complete.
    mutating func headArrived(_ head: OriginHead) {
        keepsAlive = head.keepsAlive && head.framing != .untilClose
        phase = .body
    }

    mutating func bodyEnded() -> EndAction {
        guard phase == .body, keepsAlive else {
            phase = .closed
            return .close
        }
        served += 1
        sawBytes = false
        phase = .idle
        return .keep
    }

    mutating func closed() { phase = .closed }
}
