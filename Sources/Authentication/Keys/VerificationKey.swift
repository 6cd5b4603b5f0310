import Crypto
import CryptoExtras
import Exchange
import FoundationEssentials
import Settings

/// A key that says whether a signature is one's own. Each goes with one algorithm, so that no token can make another
/// use of it (RFC 8725 §3.1).
enum VerificationKey: Sendable {
    case hs256(KeyedHash<SHA256>)
    case hs384(KeyedHash<SHA384>)
    case hs512(KeyedHash<SHA512>)
    case rs256(_RSA.Signing.PublicKey)
    case rs384(_RSA.Signing.PublicKey)
    case rs512(_RSA.Signing.PublicKey)
    case es256(P256.Signing.PublicKey)
    case es384(P384.Signing.PublicKey)
    case eddsa(Curve25519.Signing.PublicKey)

    var algorithm: Algorithm {
        switch self {
        case .hs256: .hs256
        case .hs384: .hs384
        case .hs512: .hs512
        case .rs256: .rs256
        case .rs384: .rs384
        case .rs512: .rs512
        case .es256: .es256
        case .es384: .es384
        case .eddsa: .eddsa
        }
    }

    func isValid(_ signature: [UInt8], for message: Span<UInt8>) -> Bool {
        switch self {
        case .hs256(let key): return key.isValid(signature.span, for: message)
        case .hs384(let key): return key.isValid(signature.span, for: message)
        case .hs512(let key): return key.isValid(signature.span, for: message)
        case .rs256(let key): return Self.isValid(signature, for: Self.digest(message, by: SHA256.self), key)
        case .rs384(let key): return Self.isValid(signature, for: Self.digest(message, by: SHA384.self), key)
        case .rs512(let key): return Self.isValid(signature, for: Self.digest(message, by: SHA512.self), key)
        case .es256(let key):
            // Both numbers of the signature in full length, never DER (RFC 7518 §3.4).
            guard signature.count == 64, let pair = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(pair, for: Self.digest(message, by: SHA256.self))
        case .es384(let key):
            guard signature.count == 96, let pair = try? P384.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(pair, for: Self.digest(message, by: SHA384.self))
        case .eddsa(let key):
            guard signature.count == 64 else { return false }
            return key.isValidSignature(signature, for: Array(copying: message))
        }
    }

    private static func digest<Hash: HashFunction>(_ message: Span<UInt8>, by: Hash.Type) -> Hash.Digest {
        var hash = Hash()
        unsafe message.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        return hash.finalize()
    }

    /// RSASSA-PKCS1-v1_5 (RFC 7518 §3.3). A signature is as long as the modulus.
    private static func isValid(_ signature: [UInt8], for digest: some Digest, _ key: _RSA.Signing.PublicKey) -> Bool {
        guard signature.count == (key.keySizeInBits + 7) / 8 else { return false }
        return key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
    }
}
