import Settings

/// How a token is signed (RFC 7518 §3.1, RFC 8037 §3.1).
typealias Algorithm = JWTSettings.Algorithm

extension Algorithm {
    /// Names compare by case (RFC 7515 §4.1.1): `none` in any spelling is none of them.
    init?(_ name: [UInt8]) {
        for algorithm in Self.allCases where algorithm.rawValue.utf8.elementsEqual(name) {
            self = algorithm
            return
        }
        return nil
    }
}
