import Glibc

/// Why no connection came about.
package enum ConnectFailure: Error, Equatable, Sendable {
    case resolution(ResolutionFailure)
    /// Somebody is there and does not listen on the port.
    case refused
    /// No way leads to the address.
    case unreachable
    /// Not connected, TLS included, within the time allowed.
    case timedOut
    /// The other side closed the connection before it was ready.
    case reset
    case tls(TLSFailure)
    /// This process or system has no file descriptor left.
    case descriptorsExhausted
    case cancelled
    /// Any other system error, by its errno.
    case other(Int32)

    /// What went wrong, for the operator.
    package var explanation: String {
        switch self {
        case .resolution(let failure): failure.explanation
        case .refused: "the connection was refused"
        case .unreachable: "the server's address cannot be reached"
        case .timedOut: "no connection came about in time"
        case .reset: "the server closed the connection before it was ready"
        case .tls(let failure): failure.explanation
        case .descriptorsExhausted: "no file descriptor is left to connect with"
        case .cancelled: "the connection was cancelled"
        case .other(let code): "no connection came about: system error \(code)"
        }
    }

    init(errno code: Int32) {
        switch code {
        case ECONNREFUSED: self = .refused
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EAFNOSUPPORT: self = .unreachable
        case ETIMEDOUT: self = .timedOut
        case ECONNRESET, EPIPE, ECONNABORTED: self = .reset
        case EMFILE, ENFILE: self = .descriptorsExhausted
        default: self = .other(code)
        }
    }
}
