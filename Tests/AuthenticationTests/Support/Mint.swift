import Crypto
import CryptoExtras
import FoundationEssentials

/// Makes tokens, good ones and others: with swift-crypto's private keys, which the program has no use for.
///
/// That tokens of other people's libraries are read is for the interop tests to say.
enum Mint {
    static let secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048)
    static let p256 = P256.Signing.PrivateKey()
    static let p384 = P384.Signing.PrivateKey()
    static let ed25519 = Curve25519.Signing.PrivateKey()

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(Array(bytes)).base64EncodedString().map { character -> String in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": ""
            default: String(character)
            }
        }.joined()
    }

    /// A token with that head and those claims, whatever they are, signed with HS256.
    static func hs256(_ claims: String, head: String = #"{"alg":"HS256"}"#, secret: String = secret) -> String {
        let signed = encode(head.utf8) + "." + encode(claims.utf8)
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return signed + "." + encode(Array(code))
    }

    /// A token of any algorithm.
    static func token(_ claims: String, _ algorithm: String, kid: String? = nil) throws -> String {
        let head = kid.map { #"{"alg":"\#(algorithm)","kid":"\#($0)"}"# } ?? #"{"alg":"\#(algorithm)"}"#
        let signed = encode(head.utf8) + "." + encode(claims.utf8)
        return signed + "." + encode(try signature(of: Array(signed.utf8), algorithm))
    }

    private static func rsa(_ digest: some Digest) throws -> [UInt8] {
        guard let rsa else { return [] }
        return Array(try rsa.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
    }

    private static func signature(of text: [UInt8], _ algorithm: String) throws -> [UInt8] {
        let key = SymmetricKey(data: Array(secret.utf8))
        switch algorithm {
        case "HS256": return Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
        case "HS384": return Array(HMAC<SHA384>.authenticationCode(for: text, using: key))
        case "HS512": return Array(HMAC<SHA512>.authenticationCode(for: text, using: key))
        case "RS256": return try rsa(SHA256.hash(data: text))
        case "RS384": return try rsa(SHA384.hash(data: text))
        case "RS512": return try rsa(SHA512.hash(data: text))
        case "ES256": return Array(try p256.signature(for: SHA256.hash(data: text)).rawRepresentation)
        case "ES384": return Array(try p384.signature(for: SHA384.hash(data: text)).rawRepresentation)
        default: return Array(try ed25519.signature(for: text))
        }
    }

    /// The public key that verifies an algorithm's tokens, in PEM.
    static func pem(_ algorithm: String) -> String {
        switch algorithm {
        case "ES256": return p256.publicKey.pemRepresentation
        case "ES384": return p384.publicKey.pemRepresentation
        case "EdDSA":
            let head: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
            let der = Data(head + Array(ed25519.publicKey.rawRepresentation))
            return "-----BEGIN PUBLIC KEY-----\n\(der.base64EncodedString())\n-----END PUBLIC KEY-----\n"
        default: return rsa?.publicKey.pemRepresentation ?? ""
        }
    }
}
