import Exchange
import NIOCore

/// Why a request is not let in by its token.
package enum AuthenticationFailure: Error, Equatable, Sendable {
    case missing
    case invalid(TokenFailure)
    case expired
    /// The claims of a good token that broke their rules, and whom it names.
    case claims([String], user: ByteBuffer?)
    /// No key set was ever had from the issuer.
    case keysUnavailable

    package var fault: Fault {
        switch self {
        case .missing: Fault(.missingToken)
        case .invalid(let failure): Fault(.invalidToken, detail: failure.explanation)
        case .expired: Fault(.tokenExpired)
        case .claims(let rules, _):
            Fault(.claimMismatch, detail: "claim rules not met: " + rules.joined(separator: ", "))
        case .keysUnavailable: Fault(.authorizationUnavailable, detail: "no key set could be fetched from the issuer")
        }
    }
}

/// What is wrong with a token. Holds nothing of it.
package enum TokenFailure: Error, Equatable, Sendable {
    case givenTwice
    case notThreeParts
    case badEncoding
    case badHead(JSONFailure?)
    case badClaims(JSONFailure?)
    case noAlgorithm
    /// `alg` is not one that the configuration names, `none` included.
    case algorithmNotAllowed
    case criticalExtension
    case unknownKey
    case badSignature
    case badTime
    case notYetValid
    case wrongIssuer
    case wrongAudience

    package var explanation: String {
        switch self {
        case .givenTwice: "its place holds two"
        case .notThreeParts: "a token has three parts"
        case .badEncoding: "not base64url"
        case .badHead(let why): "its head: " + (why?.explanation ?? "not an object of the expected form")
        case .badClaims(let why): "its claims: " + (why?.explanation ?? "not an object of the expected form")
        case .noAlgorithm: "its head names no algorithm"
        case .algorithmNotAllowed: "its algorithm is not the configured one"
        case .criticalExtension: "its head asks for extensions (`crit`, `b64`)"
        case .unknownKey: "no key has its `kid`"
        case .badSignature: "its signature does not verify"
        case .badTime: "`exp`, `nbf` or `iat` is no time"
        case .notYetValid: "it is not valid yet"
        case .wrongIssuer: "another issuer"
        case .wrongAudience: "another audience"
        }
    }
}
