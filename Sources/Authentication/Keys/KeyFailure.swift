/// Why bytes are no key for an algorithm; completes "…: it ". Holds nothing of them.
package enum KeyFailure: Error, Equatable, Sendable {
    case empty
    case notPEM
    case isPrivate
    case isEncrypted
    case isCertificate
    case tooSmall(bits: Int)
    case wrongType(algorithm: String)
    /// Whoever has the public key could sign.
    case isNoSecret
    case unreadable
    case variableUnset(String)

    package var explanation: String {
        switch self {
        case .empty: "is empty"
        case .notPEM: "holds no PEM public key (`-----BEGIN PUBLIC KEY-----`)"
        case .isPrivate: "holds a private key; give the public one (`openssl pkey -pubout`)"
        case .isEncrypted: "holds a private key with a passphrase; give the public one (`openssl pkey -pubout`)"
        case .isCertificate: "holds a certificate; give its public key (`openssl x509 -pubkey -noout`)"
        case .tooSmall(let bits): "holds an RSA key of \(bits) bits; 2048 is the least that is safe"
        case .wrongType(let algorithm): "holds no key for \(algorithm): one of another type, a damaged one, or several"
        case .isNoSecret: "holds a PEM key, which is no secret; name its own algorithm, such as RS256"
        case .unreadable: "cannot be read"
        case .variableUnset(let name): "is to come from the environment variable \(name), which is not set"
        }
    }
}
