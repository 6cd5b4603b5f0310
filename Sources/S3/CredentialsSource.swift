/// Where the credentials of one bucket come from (S3-7).
///
/// `generation` is asked for every request, `current` when it has changed; neither may block. Only when `current` is
/// nil does the caller wait for `obtain()`.
package protocol CredentialsSource: Sendable {
    /// Another number whenever `current` is another, or nil because it has expired. Loops that compare it share no
    /// reference for each request.
    var generation: UInt64 { get }
    /// What to sign with now; nil while nothing valid is at hand.
    var current: SigningIdentity? { get }
    /// Waits until there is something valid. Concurrent callers share one attempt.
    func obtain() async throws(CredentialsFailure) -> SigningIdentity
}

/// An identity that never changes: keys from the configuration, or none at all.
package struct StaticCredentials: CredentialsSource {
    private let identity: SigningIdentity

    package init(_ identity: SigningIdentity) {
        self.identity = identity
    }

    package var generation: UInt64 { 0 }
    package var current: SigningIdentity? { identity }
    package func obtain() async throws(CredentialsFailure) -> SigningIdentity { identity }
}
