import Exchange

extension Bench {
    /// Whoever these claims name.
    static func principal(_ claims: String) throws -> Principal {
        let document = try JSONDocument(Array(claims.utf8))
        var hasher = Hasher()
        hasher.combine(claims)
        let digest = UInt64(bitPattern: Int64(hasher.finalize()))
        return Principal(claims: document, identity: .init(high: digest, low: ~digest))
    }
}
