import Glibc

/// Why a listening address could not be taken.
package enum BindFailure: Error, Equatable, Sendable {
    /// Not an IP address without scope, or not a port.
    case notAnAddress
    case addressInUse
    /// Ports below 1024 want a privilege.
    case permissionDenied
    /// No interface of this machine has the address.
    case addressNotAvailable
    case descriptorsExhausted
    /// Any other system error, by its errno.
    case other(Int32)

    init(errno code: Int32) {
        switch code {
        case EADDRINUSE: self = .addressInUse
        case EACCES, EPERM: self = .permissionDenied
        case EADDRNOTAVAIL, EAFNOSUPPORT: self = .addressNotAvailable
        case EMFILE, ENFILE: self = .descriptorsExhausted
        default: self = .other(code)
        }
    }

    /// One line for the operator.
    package func explanation(address: String, port: Int) -> String {
        let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        return switch self {
        case .notAnAddress: "cannot listen on \(place): not an IP address and port"
        case .addressInUse: "cannot listen on \(place): the address is in use by another program"
        case .permissionDenied: "cannot listen on \(place): permission denied (ports below 1024 want a privilege)"
        case .addressNotAvailable: "cannot listen on \(place): this machine does not have that address"
        case .descriptorsExhausted: "cannot listen on \(place): no file descriptor left"
        case .other(let code): "cannot listen on \(place): system error \(code)"
        }
    }
}
