/// Why a name gave no address.
package enum ResolutionFailure: Error, Equatable, Sendable {
    /// The name does not exist or has neither an A nor an AAAA record.
    case notFound
    /// No name server answered in time, or the caller's deadline passed.
    case timedOut
    /// The name servers answered, but with an error or something unreadable.
    case serverFailure
    /// The name servers refused the question or nothing listens there.
    case refused
    /// Not a host name (RFC 1123 §2.1, underscores allowed), nor an IP address without scope.
    case badName
    /// Too many names or callers wait already.
    case overloaded
    /// The waiting task was cancelled.
    case cancelled
    /// The resolver was shut down.
    case shutDown

    /// What went wrong, for the operator.
    package var explanation: String {
        switch self {
        case .notFound: "the name cannot be resolved: it does not exist or has no address"
        case .timedOut: "the name cannot be resolved: no name server answered in time"
        case .serverFailure: "the name cannot be resolved: the name servers answered with an error"
        case .refused: "the name cannot be resolved: the name servers refused, or none listens"
        case .badName: "the name cannot be resolved: it is not a host name"
        case .overloaded: "the name cannot be resolved: too many names wait already"
        case .cancelled: "the name cannot be resolved: cancelled"
        case .shutDown: "the name cannot be resolved: the resolver is shut down"
        }
    }
}
