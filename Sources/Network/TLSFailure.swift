import NIOSSL

/// Why TLS could not be set up with an origin.
package enum TLSFailure: Error, Equatable, Sendable {
    /// No file of trusted certificates was found on this system.
    case noTrustRoots
    /// The file of trusted certificates that was named cannot be read or holds no certificate.
    case unusableTrustRoots
    /// The certificate leads to no trusted root, or has expired, or is not meant for servers.
    case certificateUntrusted
    /// The certificate is trusted but names another host.
    case hostNameMismatch
    /// The other side does not speak TLS.
    case notTLS
    /// No protocol version in common; at least TLS 1.2 is asked for.
    case protocolVersion
    /// The other side ended the handshake with an alert.
    case alert
    /// The other side closed the connection during the handshake.
    case closed
    /// Any other failure of the handshake.
    case handshake

    /// What went wrong, for the operator.
    package var explanation: String {
        switch self {
        case .noTrustRoots: "this system has no file of trusted certificates"
        case .unusableTrustRoots: "the file of trusted certificates cannot be read or holds no usable certificate"
        case .certificateUntrusted: "the server's certificate is not trusted, has expired, or is not meant for servers"
        case .hostNameMismatch: "the server's certificate names another host"
        case .notTLS: "the server does not speak TLS"
        case .protocolVersion: "the server offers no TLS version from 1.2 on"
        case .alert: "the server ended the TLS handshake with an alert"
        case .closed: "the server closed the connection during the TLS handshake"
        case .handshake: "the TLS handshake failed"
        }
    }

    /// What an error that NIOSSL reports during a handshake means.
    init(handshake error: any Error) {
        switch error {
        case let error as NIOSSLExtraError where Self.namesMismatch(error):
            self = .hostNameMismatch
        case NIOSSLError.uncleanShutdown, NIOSSLError.handshakeFailed(.zeroReturn),
            NIOSSLError.handshakeFailed(.syscallError):
            self = .closed
        case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate:
            self = .certificateUntrusted
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            self = Self.reason(stack.map(\.description).joined(separator: "\n"))
        default:
            self = .handshake
        }
    }

    private static func namesMismatch(_ error: NIOSSLExtraError) -> Bool {
        error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
    }

    /// BoringSSL's reason names are the only form in which NIOSSL gives them.
    private static func reason(_ text: String) -> TLSFailure {
        let reasons: [(String, TLSFailure)] = [
            ("CERTIFICATE_VERIFY_FAILED", .certificateUntrusted),
            ("EOF during handshake", .closed),
            ("PROTOCOL_VERSION", .protocolVersion),
            ("UNSUPPORTED_PROTOCOL", .protocolVersion),
            ("WRONG_VERSION_NUMBER", .notTLS),
            ("ALERT", .alert),
        ]
        return reasons.first { text.contains($0.0) }?.1 ?? .handshake
    }
}
