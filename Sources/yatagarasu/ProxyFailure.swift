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
        case .assembly(.endpoint(let bucket, let failure)): "bucket \(bucket): its endpoint cannot be used: \(failure)"
        case .assembly(.credentials(let bucket, let failure)): "bucket \(bucket): its keys cannot be used: \(failure)"
        case .assembly(.trust(let bucket, let failure)):
            "bucket \(bucket): no trusted certificates for its https endpoint: \(failure)"
        case .bind(let failure, let address, let port): failure.explanation(address: address, port: port)
        case .bindMetrics(let failure, let address, let port):
            "metrics: \(failure.explanation(address: address, port: port))"
        case .loops(let code): "the system has no event loop to give: system error \(code)"
        case .resolver(let failure): "names cannot be resolved: \(failure)"
        }
    }
}
