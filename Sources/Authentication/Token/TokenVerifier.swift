import Exchange
import Settings

/// Says whether a token is good, and until when: its form, its times, its issuer, its audience (RFC 7519 §4.1, §7.2).
struct TokenVerifier {
    /// What a good token says, and in which seconds since the epoch it is good.
    struct Verdict {
        let principal: Principal
        let notBefore: Double
        let expires: Double
    }

    private let issuer: [UInt8]?
    private let audience: [[UInt8]]
    private let leeway: Double
    /// Tokens of one issuer have the same head, as a rule.
    private var lastHead: (text: [UInt8], head: TokenHead)?

    init(_ settings: JWTSettings) {
        issuer = settings.issuer.map { Array($0.utf8) }
        audience = settings.audience.map { Array($0.utf8) }
        let (seconds, attoseconds) = settings.leeway.components
        leeway = Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Reads a token's head, which says what is asked of which key. Nothing is believed yet.
    mutating func head(of token: CompactToken, _ text: Span<UInt8>) throws(TokenFailure) -> TokenHead {
        let part = text.extracting(token.head)
        if let lastHead, lastHead.text.span.isSame(as: part) { return lastHead.head }
        let head = try TokenHead(part)
        lastHead = (Array(copying: part), head)
        return head
    }

    /// Reads the claims of a token whose signature has verified.
    func verdict(
        on token: CompactToken, _ text: Span<UInt8>, now: Double
    ) throws(AuthenticationFailure) -> Verdict {
        guard let bytes = Base64URL.decode(text.extracting(token.claims)) else { throw .invalid(.badEncoding) }
        let claims: JSONDocument
        do throws(JSONFailure) {
            claims = try JSONDocument(bytes, limits: .claims)
        } catch {
            throw .invalid(.badClaims(error))
        }
        guard claims.kind(of: JSONDocument.rootIndex) == .object else { throw .invalid(.badClaims(nil)) }
        let expires = try time("exp", claims).map { $0 + leeway } ?? .infinity
        let notBefore = try time("nbf", claims).map { $0 - leeway } ?? -.infinity
        _ = try time("iat", claims)
        guard now < expires else { throw .expired }
        guard now >= notBefore else { throw .invalid(.notYetValid) }
        if let issuer, claims.root["iss"]?.equals(issuer) != true { throw .invalid(.wrongIssuer) }
        if !audience.isEmpty, !isMeant(claims.root["aud"]) { throw .invalid(.wrongAudience) }
        return Verdict(
            principal: Principal(claims: claims, identity: Principal.Identity(digestOf: bytes)),
            notBefore: notBefore, expires: expires)
    }

    /// A NumericDate (RFC 7519 §2); nil when the claim is absent.
    private func time(
        _ name: StaticString, _ claims: borrowing JSONDocument
    ) throws(AuthenticationFailure) -> Double? {
        guard let claim = claims.member(of: JSONDocument.rootIndex, named: name) else { return nil }
        guard let number = claims.number(at: claim) else { throw .invalid(.badTime) }
        return number.double
    }

    private func isMeant(_ claim: JSONView?) -> Bool {
        guard let claim else { return false }
        if claim.kind == .array { return claim.elements.contains { item in audience.contains { item.equals($0) } } }
        return audience.contains { claim.equals($0) }
    }
}

extension Principal.Identity {
    /// Two keyed hashes (SipHash) of the bytes; the key is the process's own, so nobody can look for claims that share
    /// an identity.
    init(digestOf bytes: [UInt8]) {
        var (first, second) = (Hasher(), Hasher())
        first.combine(1)
        second.combine(2)
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe first.combine(bytes: bytes)
            unsafe second.combine(bytes: bytes)
        }
        self.init(
            high: UInt64(bitPattern: Int64(first.finalize())), low: UInt64(bitPattern: Int64(second.finalize())))
    }
}

extension Span where Element == UInt8 {
    /// Whether both hold the same bytes; stops at the first that differs, so it is not for secrets.
    func isSame(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
