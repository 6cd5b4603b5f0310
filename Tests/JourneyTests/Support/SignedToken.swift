import Crypto
import Settings
import ConfigSchema

/// A token with HS256, as an issuer would sign it (RFC 7515 §3.1).
enum SignedToken {
    static let secret = "a secret of the tests that is long enough"

    static func of(_ claims: String) -> String {
        let signed = base64URL(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "." + base64URL(Array(claims.utf8))
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return signed + "." + base64URL(Array(code))
    }

    /// The line of a request that carries one.
    static func line(of user: String) -> String { "Authorization: Bearer \(of(#"{"sub":"\#(user)"}"#))\r\n" }

    /// The section that lets them pass.
    static var settings: JWTSettings {
        var jwt = JWTSettings()
        jwt.isEnabled = true
        jwt.secret = Secret(secret)
        return jwt
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var out: [UInt8] = []
        var (word, bits) = (0, 0)
        for byte in bytes {
            (word, bits) = (word << 8 | Int(byte), bits + 8)
            while bits >= 6 {
                bits -= 6
                out.append(digits[word >> bits & 63])
            }
            word &= (1 << bits) - 1
        }
        if bits > 0 { out.append(digits[word << (6 - bits) & 63]) }
        return String(decoding: out, as: UTF8.self)
    }
}
