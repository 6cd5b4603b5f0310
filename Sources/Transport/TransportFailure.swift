import Exchange
import HTTPWire
import Network

/// Why an origin gave no usable answer.
package enum TransportFailure: Error, Equatable, Sendable {
    case connect(ConnectFailure)
    /// Every connection is taken and the queue for them is full.
    case poolExhausted
    /// No connection became free before the deadline.
    case poolTimedOut
    /// Connected, but no head came in time.
    case timedOut
    /// The connection ended before the head was complete.
    case closedEarly
    case invalidResponse(WireFailure)
    /// The body ended before its declared end.
    case truncated
    case bodyTimedOut
    case cancelled
    case shutDown
}

extension TransportFailure {
    /// What it means for the request that caused it (S3-5).
    package var fault: Fault {
        switch self {
        case .connect(let failure): failure.fault
        case .poolExhausted: Fault(.originBusy, detail: "the connection pool and its queue are full")
        case .poolTimedOut: Fault(.originTimeout, detail: "no pooled connection became free in time")
        case .timedOut: Fault(.originTimeout, detail: "no response head in time")
        case .closedEarly: Fault(.originUnreachable, detail: "the connection ended before a response")
        case .invalidResponse(let failure): Fault(.originInvalid, detail: failure.explanation)
        case .truncated: Fault(.originInvalid, detail: "the body ended early")
        case .bodyTimedOut: Fault(.originTimeout, detail: "the body stalled")
        case .cancelled: Fault(.internal, detail: "cancelled")
        case .shutDown: Fault(.shuttingDown)
        }
    }
}

extension ConnectFailure {
    var fault: Fault {
        switch self {
        case .timedOut, .resolution(.timedOut): Fault(.originTimeout, detail: explanation)
        // It is we who can take no more.
        case .descriptorsExhausted, .resolution(.overloaded): Fault(.overloaded, detail: explanation)
        default: Fault(.originUnreachable, detail: explanation)
        }
    }
}
