import ConfigSchema
import Settings
import Testing

@Suite struct AuthorizationRuleTests {
    private static let guarded = Sample("buckets[0].auth.enabled", "true").with("jwt", "{enabled: true, secret: x}")
    private static let opa = guarded.with("buckets[0].auth.provider", "opa")
        .with("buckets[0].auth.opa.url", "\"http://127.0.0.1:8181\"").with("buckets[0].auth.opa.policy_path", "a/b")
    private static let openFGA = guarded.with("buckets[0].auth.provider", "openfga")
        .with("buckets[0].auth.openfga.endpoint", "\"https://fga\"").with("buckets[0].auth.openfga.store_id", "01H")

    private static func messages(_ sample: Sample) -> [String] { complaints(about: sample.yaml).map(\.message) }

    @Test("AUTHZ-1: the least that each provider needs", arguments: [opa, openFGA])
    func least(sample: Sample) {
        #expect(Self.messages(sample) == [])
    }

    @Test(
        "AUTHZ-1: a provider that could not be asked is refused, and what is missing named",
        arguments: [
            (opa.with("buckets[0].auth.opa", nil), ["opa.url", "opa.policy_path"], "opa"),
            (opa.with("buckets[0].auth.opa.url", nil), ["opa.url"], "opa"),
            (opa.with("buckets[0].auth.opa.policy_path", "null"), ["opa.policy_path"], "opa"),
            (openFGA.with("buckets[0].auth.openfga", nil), ["openfga.endpoint", "openfga.store_id"], "openfga"),
            (openFGA.with("buckets[0].auth.openfga.endpoint", "null"), ["openfga.endpoint"], "openfga"),
            (openFGA.with("buckets[0].auth.openfga.store_id", nil), ["openfga.store_id"], "openfga"),
        ])
    func missing(sample: Sample, keys: [String], provider: String) {
        let expected = keys.map { "`buckets[0].auth.\($0)` is required with `provider: \(provider)`" }
        #expect(Self.messages(sample).sorted() == expected.sorted())
    }

    @Test("AUTHZ-1: sections of providers that nobody asks may be incomplete")
    func unused() {
        let disabled = Self.guarded.with("buckets[0].auth.enabled", "false")
        #expect(Self.messages(disabled.with("buckets[0].auth.opa.url", "\"http://opa\"")) == [])
        #expect(Self.messages(Self.openFGA.with("buckets[0].auth.enabled", "false")) == [])
        #expect(
            Self.messages(Sample("buckets[0].auth.provider", "openfga").with("buckets[0].auth.enabled", "false")) == [])
    }

    @Test("OPA-1: the defaults")
    func opaDefaults() throws {
        let opa = try #require(try load(Self.opa).buckets.first).auth.opa
        #expect(opa.url?.text == "http://127.0.0.1:8181" && opa.policyPath == "a/b")
        #expect(opa.timeout == .milliseconds(100) && opa.cacheTTL == .seconds(60))
        #expect(opa.negativeCacheTTL == .seconds(10) && opa.cacheMaxEntries == 10_000 && opa.failMode == .closed)
    }

    @Test("FGA-1: the defaults")
    func openFGADefaults() throws {
        let fga = try #require(try load(Self.openFGA).buckets.first).auth.openFGA
        #expect(fga.endpoint?.text == "https://fga" && fga.storeID == "01H")
        #expect(fga.authorizationModelID == nil && fga.apiToken == nil)
        #expect(fga.timeout == .milliseconds(100) && fga.decisionCacheTTL == .seconds(60))
        #expect(fga.negativeCacheTTL == .seconds(10) && fga.cacheMaxEntries == 10_000 && fga.failMode == .closed)
        #expect(fga.userClaim == "sub" && fga.userType == "user" && fga.relation == "viewer")
        #expect(fga.objectType == "file" && fga.folderType == "folder")
    }

    @Test("CFG-2: every key is read")
    func everything() throws {
        let opa = try #require(
            try load(
                Self.opa.with("buckets[0].auth.opa.timeout_ms", "250").with(
                    "buckets[0].auth.opa.cache_ttl_seconds", "0"
                )
                .with("buckets[0].auth.opa.negative_cache_ttl_seconds", "1m")
                .with("buckets[0].auth.opa.cache_max_entries", "7").with("buckets[0].auth.opa.fail_mode", "open")
            ).buckets.first
        ).auth.opa
        #expect(opa.timeout == .milliseconds(250) && opa.cacheTTL == .zero && opa.negativeCacheTTL == .seconds(60))
        #expect(opa.cacheMaxEntries == 7 && opa.failMode == .open)
        let section = """
            {endpoint: "http://[::1]:8080", store_id: s, authorization_model_id: m, api_token: t0k3n, timeout_ms: 5s, \
            decision_cache_ttl_seconds: 1, negative_cache_ttl_seconds: 2, cache_max_entries: 3, fail_mode: open, \
            user_claim: a.b, user_type: u, relation: r, object_type: o, folder_type: f}
            """
        let fga = try #require(try load(Self.openFGA.with("buckets[0].auth.openfga", section)).buckets.first).auth
            .openFGA
        #expect(fga.endpoint?.host == "::1" && fga.storeID == "s" && fga.authorizationModelID == "m")
        #expect(fga.apiToken?.reveal() == "t0k3n" && !"\(fga)".contains("t0k3n"))
        #expect(
            fga.timeout == .seconds(5) && fga.decisionCacheTTL == .seconds(1) && fga.negativeCacheTTL == .seconds(2))
        #expect(fga.cacheMaxEntries == 3 && fga.failMode == .open && fga.userClaim == "a.b")
        #expect(fga.userType == "u" && fga.relation == "r" && fga.objectType == "o" && fga.folderType == "f")
    }

    @Test(
        "CFG-6: what could not stand in a request is refused at its place",
        arguments: [
            ("opa.url", "\"ftp://opa\""), ("opa.url", "\"http://opa/v1\""), ("opa.url", "opa"),
            ("opa.url", "\"http://u:p@opa\""), ("opa.policy_path", "/a"), ("opa.policy_path", "a/"),
            ("opa.policy_path", "a//b"), ("opa.policy_path", "a/../b"), ("opa.policy_path", "./a"),
            ("opa.policy_path", "\"a b\""), ("opa.policy_path", "\"a?b\""), ("opa.policy_path", "\"a#b\""),
            ("opa.policy_path", "a%2Fb"), ("opa.policy_path", "é"), ("opa.fail_mode", "maybe"),
            ("openfga.endpoint", "\"http://fga/x\""), ("openfga.store_id", "a/b"), ("openfga.store_id", "\"\""),
            ("openfga.store_id", "a.b"), ("openfga.authorization_model_id", "\"a b\""),
            ("openfga.api_token", "\"a b\""), ("openfga.api_token", "\"é\""), ("openfga.api_token", "\"a\\nb\""),
            ("openfga.user_claim", "\"\""), ("openfga.user_type", "\"user:\""), ("openfga.relation", "\"a#b\""),
            ("openfga.object_type", "\"*\""), ("openfga.folder_type", "\"a b\""),
        ])
    func refused(key: String, value: String) {
        let path = "buckets[0].auth.\(key)"
        let found = complaints(about: Self.guarded.with(path, value).yaml)
        #expect(found.count == 1 && found.first?.message.hasPrefix("`\(path)` must ") == true, "\(found)")
        if key == "openfga.api_token" { #expect(!found.map(\.description).joined().contains(value.dropFirst())) }
    }

    @Test(
        "CFG-6: what can stand in a request is taken",
        arguments: [
            ("opa.policy_path", "authz"), ("opa.policy_path", "app/v1.2/read_only/a-b~c"),
            ("opa.policy_path", ".../a"), ("openfga.store_id", "01KAXV0E4SNM5QGZP7H8TJ2D6R"),
            ("openfga.api_token", "\"eyJ.a+b/c==\""), ("openfga.relation", "can_view.all-1"),
        ])
    func taken(key: String, value: String) {
        let disabled = Self.guarded.with("buckets[0].auth.enabled", "false")
        #expect(Self.messages(disabled.with("buckets[0].auth.\(key)", value)) == [])
    }
}
