import Network
import S3

/// Why the proxy cannot start.
enum ProxyFailure: Error {
    case assembly(AssemblyFailure)
    case bind(BindFailure, address: String, port: Int)
    /// The same for the listener of `metrics.port`.
    case bindMetrics(BindFailure, address: String, port: Int)
    case resolver(ResolutionFailure)
    case loops(errno: Int32)

    /// One line for the operator.
    var explanation: String {
        switch self {
        case .assembly(let failure): failure.explanation
        case .bind(let failure, let address, let port): failure.explanation(address: address, port: port)
        case .bindMetrics(let failure, let address, let port):
            "metrics: \(failure.explanation(address: address, port: port))"
        case .loops(let code): "the system has no event loop to give: system error \(code)"
        case .resolver(let failure): "the resolver cannot start: \(failure.explanation)"
        }
    }
}
