import ConfigSchema

/// `jwt`, and `buckets[].auth.jwt` over it: how tokens are found and what makes one good (JWT-2…7).
package struct JWTSettings: SettingsSection {
    package enum Algorithm: String, ChoiceSetting {
        case hs256 = "HS256"
        case hs384 = "HS384"
        case hs512 = "HS512"
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case eddsa = "EdDSA"
    }

    package var isEnabled = false
    package var algorithm = Algorithm.hs256
    package var secret: Secret?
    package var rsaPublicKeyPath: String?
    package var ecdsaPublicKeyPath: String?
    package var keys: [JWTKeySettings] = []
    package var jwksURL: ServiceURL?
    package var jwksRefreshInterval = Duration.seconds(3_600)
    package var jwksMinInterval = Duration.seconds(5)
    package var jwksTimeout = Duration.milliseconds(5_000)
    package var tokenCacheMaxEntries = 100_000
    package var issuer: String?
    package var audience: [String] = []
    package var leeway = Duration.seconds(60)
    package var tokenSources = [TokenSourceSettings()]
    package var claims: [ClaimRuleSettings] = []
    package var adminClaims: [ClaimRuleSettings] = []

    package init() {}

    package static let title = "JWT"
    package static let prose =
        "How tokens are found and what makes one good, for every bucket with `auth.enabled` and for `/admin/`."
    package static let fields: [Field<JWTSettings>] = material + rest

    /// The names of the keys that say whose signatures count.
    private static let materialNames = Set(material.map(\.name))

    private static let material: [Field<JWTSettings>] = [
        Field(
            "algorithm", \.algorithm,
            "The one algorithm that counts for `secret`, the key files and `jwks_url`; tokens cannot choose another."),
        Field(
            "secret", \.secret, .any,
            "Secret of the HS algorithms; it should be as long as the hash at least (32 bytes for HS256).",
            examples: ["${JWT_SECRET}"]),
        Field(
            "rsa_public_key_path", \.rsaPublicKeyPath, .any, "PEM file of an RSA public key of 2048 bits or more.",
            examples: ["/etc/yatagarasu/jwt.pem"]),
        Field(
            "ecdsa_public_key_path", \.ecdsaPublicKeyPath, .any,
            "PEM file of a public key on P-256 (ES256) or P-384 (ES384)."),
        Field("keys", sections: \.keys, count: 0...100),
        Field(
            "jwks_url", \.jwksURL, "URL of a JSON Web Key Set; only its keys for `algorithm` count.",
            examples: ["https://issuer.example.com/.well-known/jwks.json"]),
    ]

    private static let rest: [Field<JWTSettings>] = [
        Field("enabled", \.isEnabled, "Lets buckets with `auth.enabled` check tokens by this section."),
        Field(
            "jwks_refresh_interval_secs", \.jwksRefreshInterval, in: .seconds(1)...(.seconds(604_800)),
            "How old the key set may become before it is fetched again."),
        Field(
            "jwks_min_interval_secs", \.jwksMinInterval, in: .seconds(1)...(.seconds(3_600)),
            "A `kid` that is not known has the set fetched again, but only once in this time."),
        Field(
            "jwks_timeout_ms", \.jwksTimeout, in: .milliseconds(10)...(.seconds(60)), "Time to fetch the key set."),
        Field(
            "token_cache_max_entries", \.tokenCacheMaxEntries, in: 0...10_000_000,
            "Verified tokens that are remembered, so that their signatures are not verified again; 0 remembers none."),
        Field("issuer", \.issuer, .any, "What `iss` must be; absent, any.", examples: ["https://issuer.example.com"]),
        Field("audience", \.audience, each: .any, atMost: 100, "One of these must be in `aud`; empty, any or none."),
        Field(
            "leeway_seconds", \.leeway, in: .zero...(.seconds(3_600)),
            "How far clocks may differ where `exp` and `nbf` are checked. A token without them holds for ever: a claim rule with `exists` demands them."
        ),
        Field("token_sources", sections: \.tokenSources, count: 0...10),
        Field("claims", sections: \.claims, count: 0...100),
        Field(
            "admin_claims", sections: \.adminClaims, count: 0...100,
            "What a token must say to call `/admin/`: all of these must hold. While there are none, nobody may."),
    ]

    /// What counts for a bucket. Whoever names key material of its own takes over none of the top level's, or a token
    /// of one would open the other.
    package static func resolved(_ override: Override<JWTSettings>, over base: JWTSettings) -> JWTSettings {
        guard !override.given.isDisjoint(with: materialNames) else { return override.applied(to: base) }
        var bare = base
        let none = JWTSettings()
        for field in material { field.copy(none, &bare) }
        var result = override.applied(to: bare)
        if !override.given.contains("enabled") { result.isEnabled = true }
        return result
    }
}

extension JWTSettings {
    /// Why nobody's token could be checked, or why the keys do not fit the algorithm; the key is relative to the
    /// section.
    package var problems: [(key: String, message: String, hint: String?)] {
        var found: [(key: String, message: String, hint: String?)] = []
        let name = algorithm.rawValue
        if !hasKeys {
            found.append(
                (
                    "", "has no key to check tokens with",
                    "give `secret`, `rsa_public_key_path`, `ecdsa_public_key_path`, `keys` or `jwks_url`"
                ))
        }
        if secret != nil, !algorithm.isSymmetric {
            found.append(("secret", "has no use with `algorithm: \(name)`", "say HS256, HS384 or HS512"))
        }
        if rsaPublicKeyPath != nil, !algorithm.isRSA {
            found.append(("rsa_public_key_path", "has no use with `algorithm: \(name)`", "say RS256, RS384 or RS512"))
        }
        if ecdsaPublicKeyPath != nil, !algorithm.isECDSA {
            found.append(("ecdsa_public_key_path", "has no use with `algorithm: \(name)`", "say ES256 or ES384"))
        }
        if jwksURL != nil, algorithm.isSymmetric {
            found.append(
                (
                    "jwks_url", "has no use with `algorithm: \(name)`: public keys verify no HS signature",
                    "name the issuer's algorithm, such as RS256"
                ))
        }
        if tokenSources.isEmpty { found.append(("token_sources", "must have at least 1 item", nil)) }
        return found
    }

    /// Whether a secret is shorter than the hash that it keys (RFC 7518 §3.2).
    package var hasWeakSecret: Bool {
        let all = [(secret, algorithm)] + keys.map { ($0.secret, $0.algorithm) }
        return all.contains { secret, algorithm in
            secret.map { $0.reveal().utf8.count < algorithm.hashLength } ?? false
        }
    }

    var hasKeys: Bool {
        secret != nil || rsaPublicKeyPath != nil || ecdsaPublicKeyPath != nil || !keys.isEmpty || jwksURL != nil
    }

    package func check(_ report: inout SectionReport) {
        var first: [String: Int] = [:]
        for (index, key) in keys.enumerated() where !key.id.isEmpty {
            if let other = first[key.id] {
                report.error(at: "keys[\(index)].id", "is the id of `keys[\(other)]` already")
            } else {
                first[key.id] = index
            }
        }
    }
}

extension JWTSettings.Algorithm {
    package var isSymmetric: Bool { self == .hs256 || self == .hs384 || self == .hs512 }
    /// Bytes of the hash of an HS algorithm.
    fileprivate var hashLength: Int { self == .hs256 ? 32 : self == .hs384 ? 48 : 64 }
    package var isRSA: Bool { self == .rs256 || self == .rs384 || self == .rs512 }
    package var isECDSA: Bool { self == .es256 || self == .es384 }
}
