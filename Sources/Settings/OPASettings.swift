import ConfigSchema

/// `buckets[].auth.opa`: the Open Policy Agent that decides who may read the bucket (OPA-1).
package struct OPASettings: SettingsSection {
    /// Required where `provider` is `opa`, as the policy is.
    package var url: EndpointURL?
    package var policyPath: String?
    package var timeout = Duration.milliseconds(100)
    package var cacheTTL = Duration.seconds(60)
    package var negativeCacheTTL = Duration.seconds(10)
    package var cacheMaxEntries = 10_000
    package var failMode = FailMode.closed

    package init() {}

    /// The keys that `provider: opa` needs and that are not given.
    package var missing: [String] {
        (url == nil ? ["url"] : []) + (policyPath == nil ? ["policy_path"] : [])
    }

    package static let title = "OPA"
    package static let prose = "The Open Policy Agent that decides who may read the bucket."
    package static let fields: [Field<OPASettings>] = [
        Field(
            "url", \.url, "Where OPA is: scheme, host and port. Required with `provider: opa`.",
            examples: ["http://127.0.0.1:8181"]),
        Field(
            "policy_path", \.policyPath, policyRule,
            "The rule that is asked, below `/v1/data/`: a boolean, or an object with `allow` and `reason`. Required with `provider: opa`.",
            examples: ["yatagarasu/authz"]),
        Field("timeout_ms", \.timeout, in: decisionTimeLimits, "Time for a decision, further tries included."),
        Field("cache_ttl_seconds", \.cacheTTL, in: decisionAgeLimits, "How long a yes is kept; 0 keeps none."),
        Field(
            "negative_cache_ttl_seconds", \.negativeCacheTTL, in: decisionAgeLimits,
            "How long a no is kept; 0 keeps none."),
        Field("cache_max_entries", \.cacheMaxEntries, in: decisionCountLimits, "Decisions that are kept at a time."),
        Field(
            "fail_mode", \.failMode,
            "When OPA gives no decision: `closed` answers 503, `open` lets the request pass and counts it."),
    ]

    /// Segments that stand in a URL as they are.
    private static let policyRule = TextRule(
        pattern: "^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$",
        expectation: "names of letters, digits, `.`, `_`, `~` and `-` with `/` between them, such as `app/authz`"
    ) { path in
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && segment.allSatisfy { isAlphanumeric($0) || "._~-".utf8.contains($0) }
        }
    }
}

/// How long one decision may take.
let decisionTimeLimits = Duration.milliseconds(1)...Duration.seconds(60)
/// How long a decision may be kept.
let decisionAgeLimits = Duration.zero...Duration.seconds(86_400)
/// How many decisions may be kept.
let decisionCountLimits = 1...10_000_000
