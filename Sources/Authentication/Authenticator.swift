import Exchange
import NIOCore
import Network
import Settings
import Telemetry

/// Says who asks, by the token of a request: one for each event loop and each way of checking tokens.
///
/// A token that was verified is remembered with its outcome until it expires or the keys change, so that a request
/// costs a look-up. What is not known is checked at once on the loop; only an unknown key makes a request wait, for the
/// issuer's key set.
package final class Authenticator {
    /// What came of a good token's claims, and in which seconds it holds.
    private struct Outcome {
        let principal: Principal
        let broken: [String]
        let notBefore: Double
        let expires: Double
    }

    /// Longer tokens are verified each time: the memory is bounded by their number.
    private static let longestKept = 4_096

    private let sources: [TokenSource]
    private let rules: [ClaimRule]
    private let staticKeys: [KeyRing.Entry]
    private let keySet: KeySetSource?
    /// The one that the key set's keys are for.
    private let keySetAlgorithm: Algorithm
    private let loop: LoopContext
    private let metrics: TokenMetrics
    private let wallClock: @Sendable () -> Int64
    private var verifier: TokenVerifier
    private var cache: TokenCache<Outcome>
    private var ring: KeyRing
    /// Of the key set that the ring holds.
    private var generation: UInt64

    /// `claims` are the rules that count; `cacheLimit` is this loop's share of the remembered tokens.
    package init(
        _ settings: JWTSettings, claims: [ClaimRuleSettings], keys: StaticKeys, keySet: KeySetSource?,
        cacheLimit: Int, loop: LoopContext, metrics: TokenMetrics, wallClock: @escaping @Sendable () -> Int64
    ) {
        sources = settings.tokenSources.map(TokenSource.init)
        rules = claims.map(ClaimRule.init)
        staticKeys = keys.entries
        self.keySet = keySet
        keySetAlgorithm = settings.algorithm
        self.loop = loop
        self.metrics = metrics
        self.wallClock = wallClock
        verifier = TokenVerifier(settings)
        cache = TokenCache(limit: cacheLimit)
        generation = keySet?.generation ?? 0
        ring = KeyRing(keys.entries + (keySet?.entries ?? []))
    }

    /// Who asks, when that can be said at once; nil when the issuer's keys have to be asked for first.
    package func principal(of request: Request) throws(AuthenticationFailure) -> Principal? {
        adoptKeys()
        guard let token = try token(in: request.head) else { throw .missing }
        let now = Double(wallClock())
        if let outcome = cache.value(of: token), now >= outcome.notBefore {
            if now < outcome.expires {
                metrics.hit()
                return try principal(outcome)
            }
            cache.remove(token)
            throw .expired
        }
        metrics.missed()
        return try verify(token, now: now)
    }

    /// The same after a fetch of the issuer's keys, if one may be made.
    package func principalAfterFetch(of request: Request) async throws(AuthenticationFailure) -> Principal {
        guard let keySet else { throw .invalid(.unknownKey) }
        if await keySet.refresh(forUnknownKeyAt: loop.moment, for: request.cancellation),
            let principal = try principal(of: request)
        {
            return principal
        }
        throw keySet.isLoaded ? .invalid(.unknownKey) : .keysUnavailable
    }

    private func token(in head: borrowing RequestHead) throws(AuthenticationFailure) -> ByteBuffer? {
        do throws(TokenFailure) {
            for source in sources {
                if let token = try source.token(in: head) { return token }
            }
            return nil
        } catch {
            throw .invalid(error)
        }
    }

    private func verify(_ token: ByteBuffer, now: Double) throws(AuthenticationFailure) -> Principal? {
        let text = token.readableBytesUInt8Span
        let parts: CompactToken
        do throws(TokenFailure) {
            parts = try CompactToken(text)
            let head = try verifier.head(of: parts, text)
            guard let signature = Base64URL.decode(text.extracting(parts.signature)) else { throw .badEncoding }
            switch ring.verifies(signature, of: text.extracting(parts.signed), head) {
            case .some(true): break
            case .some(false):
                if let id = head.keyID, isAskedOfIssuer(head), !ring.holds(id) { return nil }
                throw .badSignature
            case .none:
                if isAskedOfIssuer(head) { return nil }
                throw ring.knows(head.algorithm) ? .unknownKey : .algorithmNotAllowed
            }
        } catch {
            throw .invalid(error)
        }
        let verdict = try verifier.verdict(on: parts, text, now: now)
        let outcome = Outcome(
            principal: verdict.principal, broken: rules.broken(by: verdict.principal.claims),
            notBefore: verdict.notBefore, expires: verdict.expires)
        if token.readableBytes <= Self.longestKept { cache.insert(outcome, for: token) }
        return try principal(outcome)
    }

    /// Whether the issuer may have published a key for such a token meanwhile.
    private func isAskedOfIssuer(_ head: TokenHead) -> Bool {
        keySet != nil && head.algorithm == keySetAlgorithm
    }

    private func principal(_ outcome: Outcome) throws(AuthenticationFailure) -> Principal {
        guard outcome.broken.isEmpty else { throw .claims(outcome.broken, user: outcome.principal.subject) }
        return outcome.principal
    }

    /// Takes over what the issuer publishes now; what was verified with other keys is forgotten.
    private func adoptKeys() {
        guard let keySet, keySet.generation != generation else { return }
        generation = keySet.generation
        ring = KeyRing(staticKeys + keySet.entries)
        cache.removeAll()
    }
}
