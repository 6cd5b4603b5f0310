import Crypto
import CryptoExtras
import FoundationEssentials
import Settings

extension VerificationKey {
    /// The key of an HS algorithm.
    init(secret: [UInt8], for algorithm: Algorithm) throws(KeyFailure) {
        guard !secret.isEmpty else { throw .empty }
        guard !String(decoding: secret, as: UTF8.self).contains("-----BEGIN ") else { throw .isNoSecret }
        switch algorithm {
        case .hs256: self = .hs256(KeyedHash(key: secret))
        case .hs384: self = .hs384(KeyedHash(key: secret))
        case .hs512: self = .hs512(KeyedHash(key: secret))
        case .rs256, .rs384, .rs512, .es256, .es384, .eddsa: throw .wrongType(algorithm: algorithm.rawValue)
        }
    }

    /// A public key in PEM: SubjectPublicKeyInfo (RFC 5280 §4.1), or PKCS #1 for RSA.
    init(pem: String, for algorithm: Algorithm) throws(KeyFailure) {
        try Self.checkLabel(pem)
        do {
            switch algorithm {
            case .rs256, .rs384, .rs512:
                self = try Self.rsa(_RSA.Signing.PublicKey(pemRepresentation: pem), algorithm)
            case .es256: self = .es256(try P256.Signing.PublicKey(pemRepresentation: pem))
            case .es384: self = .es384(try P384.Signing.PublicKey(pemRepresentation: pem))
            case .eddsa: self = .eddsa(try Self.ed25519(pem))
            case .hs256, .hs384, .hs512: throw KeyFailure.wrongType(algorithm: algorithm.rawValue)
            }
        } catch let failure as KeyFailure {
            throw failure
        } catch {
            throw Self.failure(pem, algorithm)
        }
    }

    /// swift-crypto refuses RSA keys below its own bound without telling their size.
    private static func failure(_ pem: String, _ algorithm: Algorithm) -> KeyFailure {
        guard algorithm.isRSA, let key = try? _RSA.Signing.PublicKey(unsafePEMRepresentation: pem) else {
            return .wrongType(algorithm: algorithm.rawValue)
        }
        return .tooSmall(bits: key.keySizeInBits)
    }

    static func rsa(_ key: _RSA.Signing.PublicKey, _ algorithm: Algorithm) throws(KeyFailure) -> VerificationKey {
        guard key.keySizeInBits >= 2_048 else { throw .tooSmall(bits: key.keySizeInBits) }
        switch algorithm {
        case .rs256: return .rs256(key)
        case .rs384: return .rs384(key)
        case .rs512: return .rs512(key)
        case .hs256, .hs384, .hs512, .es256, .es384, .eddsa: throw .wrongType(algorithm: algorithm.rawValue)
        }
    }

    /// What a file holds instead of a public key, told before any of it is decoded.
    private static func checkLabel(_ pem: String) throws(KeyFailure) {
        guard !pem.utf8.isEmpty else { throw .empty }
        if pem.contains("ENCRYPTED") { throw .isEncrypted }
        if pem.contains("PRIVATE KEY-----") { throw .isPrivate }
        if pem.contains("-----BEGIN CERTIFICATE-----") { throw .isCertificate }
        guard pem.contains("PUBLIC KEY-----") else { throw .notPEM }
    }

    /// SubjectPublicKeyInfo of Ed25519 is these twelve bytes and the key (RFC 8410 §4).
    private static func ed25519(_ pem: String) throws(KeyFailure) -> Curve25519.Signing.PublicKey {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
        let body = lines.filter { !$0.hasPrefix("-----") }.joined()
        let head: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        guard let der = Data(base64Encoded: body), der.count == 44, der.starts(with: head),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: der.dropFirst(12))
        else { throw .wrongType(algorithm: Algorithm.eddsa.rawValue) }
        return key
    }
}
