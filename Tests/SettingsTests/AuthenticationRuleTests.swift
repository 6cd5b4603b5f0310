import ConfigSchema
import Settings
import Testing

@Suite struct AuthenticationRuleTests {
    private static let isPrivate = Sample("buckets[0].auth.enabled", "true")

    private static func messages(_ sample: Sample) -> [String] { complaints(about: sample.yaml).map(\.message) }

    @Test(
        "JWT-1: a private bucket without a way to check tokens is refused, and named",
        arguments: [
            isPrivate, isPrivate.with("jwt.enabled", "false").with("jwt.secret", "abc"),
            isPrivate.with("jwt.secret", "abc"), isPrivate.with("buckets[0].auth.jwt.leeway_seconds", "1"),
        ])
    func failsClosed(sample: Sample) {
        #expect(
            Self.messages(sample) == [
                "`buckets[0].auth.enabled` leaves bucket `products` without a way to check tokens: "
                    + "`jwt.enabled` is not true"
            ])
    }

    @Test("JWT-1: what would protect and is empty is refused")
    func empty() {
        for (path, message) in [
            ("buckets[0].auth", "`buckets[0].auth` is empty"),
            ("buckets[0].ip_filter.allowlist", "`buckets[0].ip_filter.allowlist` is empty"),
        ] {
            #expect(Self.messages(Sample(path, "null")) == [message])
        }
    }

    @Test("AUTHZ-1: a provider that is described and not chosen is refused", arguments: ["opa", "openfga"])
    func idle(provider: String) {
        let sample = Self.isPrivate.with("buckets[0].auth.jwt.secret", "s")
            .with("buckets[0].auth.\(provider).timeout_ms", "5")
        #expect(Self.messages(sample) == ["`buckets[0].auth.\(provider)` has no use with `provider: jwt`"])
    }

    @Test("JWT-1: an `auth` section must say whether it is on")
    func mustSay() {
        let sample = Sample("buckets[0].auth.enabled", nil).with("buckets[0].auth.provider", "jwt")
        #expect(Self.messages(sample) == ["`buckets[0].auth.enabled` is required"])
    }

    @Test(
        "JWT-3, JWT-4: keys that do not fit are refused at their place",
        arguments: [
            ("enabled: true", "`jwt` has no key to check tokens with"),
            ("enabled: true, algorithm: RS256, secret: x", "`jwt.secret` has no use with `algorithm: RS256`"),
            (
                "enabled: true, rsa_public_key_path: /dev/null",
                "`jwt.rsa_public_key_path` has no use with `algorithm: HS256`"
            ),
            (
                "enabled: true, algorithm: RS256, ecdsa_public_key_path: /dev/null",
                "`jwt.ecdsa_public_key_path` has no use with `algorithm: RS256`"
            ),
            (
                "enabled: true, jwks_url: \"http://i/\"",
                "`jwt.jwks_url` has no use with `algorithm: HS256`: public keys verify no HS signature"
            ),
            ("enabled: true, secret: x, token_sources: []", "`jwt.token_sources` must have at least 1 item"),
            (
                "enabled: true, secret: x, token_sources: [{type: header}]",
                "`jwt.token_sources[0].name` is required with `type: header`"
            ),
            (
                "enabled: true, secret: x, token_sources: [{type: query}]",
                "`jwt.token_sources[0].name` is required with `type: query`"
            ),
            (
                "enabled: true, algorithm: RS256, rsa_public_key_path: /none",
                "`jwt.rsa_public_key_path` names a file "
                    + "that is not there"
            ),
            ("enabled: true, keys: [{id: a}]", "`jwt.keys[0]` must have exactly one of `secret`, `path` and `env`"),
            (
                "enabled: true, keys: [{id: a, secret: x}, {id: a, secret: y}]",
                "`jwt.keys[1].id` is the id of `keys[0]` already"
            ),
            (
                "admin_claims: [{claim: a, operator: exists}]",
                "`jwt.admin_claims` has no use while `jwt.enabled` is false"
            ),
            (
                "enabled: true, secret: x, claims: [{claim: a, operator: in, value: b}]",
                "`jwt.claims[0].value` must be a list with `operator: in`"
            ),
            (
                "enabled: true, secret: x, claims: [{claim: a, operator: gt, value: b}]",
                "`jwt.claims[0].value` must be a number with `operator: gt`"
            ),
            (
                "enabled: true, secret: x, claims: [{claim: a, operator: not_equals, value: [b]}]",
                "`jwt.claims[0].value` must not be a list with `operator: not_equals`"
            ),
            (
                "enabled: true, secret: x, claims: [{claim: a}]",
                "`jwt.claims[0].value` is required with `operator: equals`"
            ),
            (
                "enabled: true, secret: x, claims: [{claim: a, operator: exists, value: 1}]",
                "`jwt.claims[0].value` has no use with `operator: exists`"
            ),
        ])
    func refused(section: String, message: String) {
        #expect(Self.messages(Sample("jwt", "{\(section)}")) == [message])
    }

    @Test("JWT-4: no algorithm but those of the list", arguments: ["none", "None", "HS1", "PS256", "hs256"])
    func algorithms(name: String) {
        let found = Self.messages(Sample("jwt", "{algorithm: \(name)}"))
        #expect(found.count == 1 && found[0].hasPrefix("`jwt.algorithm` must be one of"))
    }

    @Test("JWT-1: a bucket's own keys replace those of the top level, the rest is kept")
    func overrides() throws {
        var sample = Self.isPrivate.with(
            "jwt", "{enabled: true, secret: top, issuer: i, keys: [{id: a, secret: s}], leeway_seconds: 5}")
        var configuration = try load(sample)
        var resolved = try #require(configuration.jwt(of: configuration.buckets[0]))
        #expect(resolved == configuration.jwt)
        sample.set("buckets[0].auth.jwt", "{algorithm: HS512, secret: own, leeway_seconds: 7}")
        configuration = try load(sample)
        resolved = try #require(configuration.jwt(of: configuration.buckets[0]))
        #expect(resolved.secret?.reveal() == "own" && resolved.keys.isEmpty && resolved.algorithm == .hs512)
        #expect(resolved.issuer == "i" && resolved.leeway == .seconds(7) && resolved.isEnabled)
        sample.set("buckets[0].auth.jwt", "{issuer: other}")
        configuration = try load(sample)
        resolved = try #require(configuration.jwt(of: configuration.buckets[0]))
        #expect(resolved.secret?.reveal() == "top" && resolved.keys.count == 1 && resolved.issuer == "other")
    }

    @Test("JWT-1: a bucket's own keys are enough")
    func ownKeys() throws {
        let configuration = try load(Self.isPrivate.with("buckets[0].auth.jwt", "{secret: own}"))
        #expect(configuration.jwt(of: configuration.buckets[0])?.isEnabled == true)
        let refused = Self.isPrivate.with("buckets[0].auth.jwt", "{algorithm: RS256}").with("jwt.secret", "s")
            .with("jwt.enabled", "true")
        #expect(Self.messages(refused) == ["`buckets[0].auth.jwt` has no key to check tokens with (bucket `products`)"])
    }

    @Test("JWT-7: a rule's value keeps its type")
    func values() throws {
        let rules =
            "[{claim: a, value: 5}, {claim: b, value: \"5\"}, {claim: c, value: 1.5}, {claim: d, value: true}, "
            + "{claim: e, operator: in, value: [1, x, \"${N}\"]}]"
        let sample = Sample("jwt", "{enabled: true, secret: s, claims: \(rules)}")
        let configuration = try load(sample, environment: ["N": "7"])
        #expect(
            configuration.jwt.claims.map(\.value) == [
                .integer(5), .string("5"), .fraction(1.5), .boolean(true),
                .list([.integer(1), .string("x"), .integer(7)]),
            ])
    }

    @Test(
        "JWT-6: URLs", arguments: [("http://h/a?b", "h", UInt16(80), "/a?b"), ("https://[::1]:8/", "::1", 8, "/")])
    func urls(text: String, host: String, port: UInt16, target: String) throws {
        let url = try #require(ServiceURL(text))
        #expect(url.host == host && url.port == port && url.target == target)
        for bad in ["ftp://h/", "http://u@h/", "http://h/a#b", "http://h/ a", "http:///a", "h/a"] {
            #expect(ServiceURL(bad) == nil, "\(bad)")
        }
    }
}
