/// The keys that count, in the order of asking: immutable; a change makes a new ring.
struct KeyRing: Sendable {
    struct Entry: Sendable {
        /// The `kid` that chooses it; nil for a key that any token may have been signed with.
        let id: [UInt8]?
        let key: VerificationKey
    }

    private(set) var entries: [Entry] = []

    init(_ entries: [Entry] = []) { self.entries = entries }

    /// Whether a key goes with the algorithm at all.
    func knows(_ algorithm: Algorithm) -> Bool { entries.contains { $0.key.algorithm == algorithm } }

    /// So many keys are tried for one token: more would let whoever sends bad ones keep the loop busy.
    static let triedAtMost = 8

    /// Whether some key has just this id.
    func holds(_ id: [UInt8]) -> Bool { entries.contains { $0.id == id } }

    /// Whether some key has verified the signature; nil when none could be asked.
    ///
    /// A token with a `kid` is for the key of that id, and else for keys without one; a token without is for any of
    /// its algorithm (JWT-6).
    func verifies(_ signature: [UInt8], of message: Span<UInt8>, _ head: TokenHead) -> Bool? {
        var asked = 0
        for entry in entries where entry.key.algorithm == head.algorithm {
            if let id = head.keyID, let own = entry.id, own != id { continue }
            guard asked < Self.triedAtMost else { break }
            asked += 1
            if entry.key.isValid(signature, for: message) { return true }
        }
        return asked > 0 ? false : nil
    }
}
