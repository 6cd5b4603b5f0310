import Crypto
import CryptoExtras
import Exchange
import FoundationEssentials
import Settings

/// Reads a JSON Web Key Set (RFC 7517 §5) for one algorithm.
///
/// Keys for other uses, of other types and for other algorithms are passed over, as are ones that cannot be used;
/// secret keys (`oct`) never count, whoever published them.
enum KeySetDocument {
    /// More keys than that make no set.
    static let keyLimit = 100

    enum Failure: Error, Equatable {
        case malformed(JSONFailure?)
        case tooManyKeys

        var explanation: String {
            switch self {
            case .malformed(let why): why?.explanation ?? "no key set (RFC 7517)"
            case .tooManyKeys: "more than \(KeySetDocument.keyLimit) keys"
            }
        }
    }

    static func read(_ bytes: [UInt8], for algorithm: Algorithm) throws(Failure) -> [KeyRing.Entry] {
        let document: JSONDocument
        do throws(JSONFailure) {
            document = try JSONDocument(bytes)
        } catch {
            throw .malformed(error)
        }
        guard let keys = document.root["keys"], keys.kind == .array else { throw .malformed(nil) }
        let all = keys.elements
        guard all.count <= keyLimit else { throw .tooManyKeys }
        return all.compactMap { entry($0, algorithm) }
    }

    private static func entry(_ key: JSONView, _ algorithm: Algorithm) -> KeyRing.Entry? {
        if let use = key["use"], !use.equals("sig") { return nil }
        if let operations = key["key_ops"], !operations.elements.contains(where: { $0.equals("verify") }) {
            return nil
        }
        if let name = key["alg"], !name.equals(Array(algorithm.rawValue.utf8)) { return nil }
        guard let usable = try? self.key(key, algorithm) else { return nil }
        guard let id = key["kid"] else { return KeyRing.Entry(id: nil, key: usable) }
        guard let id = id.string else { return nil }
        return KeyRing.Entry(id: id, key: usable)
    }

    /// RFC 7518 §6, RFC 8037 §2.
    private static func key(_ key: JSONView, _ algorithm: Algorithm) throws -> VerificationKey? {
        switch algorithm {
        case .rs256, .rs384, .rs512:
            guard key["kty"]?.equals("RSA") == true, let n = number(key["n"]), let e = number(key["e"]) else {
                return nil
            }
            return try VerificationKey.rsa(_RSA.Signing.PublicKey(n: n, e: e), algorithm)
        case .es256:
            guard let point = point(key, curve: "P-256", length: 32) else { return nil }
            return .es256(try P256.Signing.PublicKey(x963Representation: point))
        case .es384:
            guard let point = point(key, curve: "P-384", length: 48) else { return nil }
            return .es384(try P384.Signing.PublicKey(x963Representation: point))
        case .eddsa:
            guard key["kty"]?.equals("OKP") == true, key["crv"]?.equals("Ed25519") == true,
                let x = number(key["x"])
            else { return nil }
            return .eddsa(try Curve25519.Signing.PublicKey(rawRepresentation: x))
        case .hs256, .hs384, .hs512: return nil
        }
    }

    private static func point(_ key: JSONView, curve: StaticString, length: Int) -> [UInt8]? {
        guard key["kty"]?.equals("EC") == true, key["crv"]?.equals(curve) == true,
            let x = number(key["x"]), let y = number(key["y"]), x.count == length, y.count == length
        else { return nil }
        return [0x04] + x + y
    }

    private static func number(_ value: JSONView?) -> [UInt8]? {
        guard let text = value?.string else { return nil }
        return Base64URL.decode(text.span)
    }
}
