import ConfigSchema

/// `buckets[].auth.openfga`: the OpenFGA server that decides who may read the bucket, and how its tuples name users and
/// objects (FGA-1).
package struct OpenFGASettings: SettingsSection {
    /// Required where `provider` is `openfga`, as the store is.
    package var endpoint: EndpointURL?
    package var storeID: String?
    /// Absent: the store's latest.
    package var authorizationModelID: String?
    package var apiToken: Secret?
    package var timeout = Duration.milliseconds(100)
    package var decisionCacheTTL = Duration.seconds(60)
    package var negativeCacheTTL = Duration.seconds(10)
    package var cacheMaxEntries = 10_000
    package var failMode = FailMode.closed
    package var userClaim = "sub"
    package var userType = "user"
    package var relation = "viewer"
    package var objectType = "file"
    package var folderType = "folder"

    package init() {}

    /// The keys that `provider: openfga` needs and that are not given.
    package var missing: [String] {
        (endpoint == nil ? ["endpoint"] : []) + (storeID == nil ? ["store_id"] : [])
    }

    package static let title = "OpenFGA"
    package static let prose =
        "The OpenFGA server that decides who may read the bucket, and how its tuples name things. In the names of users and objects, blanks, control characters, `#`, `:`, `*` and `%` stand as `%XX`, and so they must in tuples."
    package static let fields: [Field<OpenFGASettings>] = server + decisions + names

    private static let server: [Field<OpenFGASettings>] = [
        Field(
            "endpoint", \.endpoint, "Where OpenFGA is: scheme, host and port. Required with `provider: openfga`.",
            examples: ["http://127.0.0.1:8080"]),
        Field(
            "store_id", \.storeID, identifierRule, "The store that is asked. Required with `provider: openfga`.",
            examples: ["${OPENFGA_STORE_ID}"]),
        Field(
            "authorization_model_id", \.authorizationModelID, identifierRule,
            "The model that is asked; absent, the store's latest.", examples: ["${OPENFGA_MODEL_ID:-}"]),
        Field(
            "api_token", \.apiToken, tokenRule, "Sent as `Authorization: Bearer`.",
            examples: ["${OPENFGA_API_TOKEN:-}"]),
    ]

    private static let decisions: [Field<OpenFGASettings>] = [
        Field("timeout_ms", \.timeout, in: decisionTimeLimits, "Time for a decision, further tries included."),
        Field(
            "decision_cache_ttl_seconds", \.decisionCacheTTL, in: decisionAgeLimits,
            "How long a yes is kept; 0 keeps none."),
        Field(
            "negative_cache_ttl_seconds", \.negativeCacheTTL, in: decisionAgeLimits,
            "How long a no is kept; 0 keeps none."),
        Field("cache_max_entries", \.cacheMaxEntries, in: decisionCountLimits, "Decisions that are kept at a time."),
        Field(
            "fail_mode", \.failMode,
            "When OpenFGA gives no decision: `closed` answers 503, `open` lets the request pass and counts it."),
    ]

    private static let names: [Field<OpenFGASettings>] = [
        Field(
            "user_claim", \.userClaim, .any,
            "The claim that names the user, a text or, but for `sub`, a whole number; dots lead into objects, unless a claim has just that name.",
            examples: ["sub", "account.id"]),
        Field("user_type", \.userType, typeRule, "The type of users in the model."),
        Field("relation", \.relation, relationRule, "The relation that a reader must have."),
        Field("object_type", \.objectType, typeRule, "The type of objects: `file:bucket/a/b.txt`."),
        Field("folder_type", \.folderType, typeRule, "The type of keys that end with `/`: `folder:bucket/a/`."),
    ]

    /// Ids stand in the request's path.
    private static let identifierRule = TextRule(
        pattern: "^[A-Za-z0-9_-]{1,128}$", expectation: "an id of letters, digits, `_` and `-`"
    ) { text in
        text.utf8.count <= 128
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    /// The token is the value of a header field.
    private static let tokenRule = TextRule(
        pattern: "^[!-~]+$", expectation: "of visible ASCII characters without blanks"
    ) { $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    private static let typeRule = nameRule(longest: 100)
    private static let relationRule = nameRule(longest: 50)

    /// OpenFGA's own rule for names, of which only ASCII is taken.
    private static func nameRule(longest: Int) -> TextRule {
        TextRule(
            pattern: "^[A-Za-z0-9_.-]{1,\(longest)}$",
            expectation: "a name of at most \(longest) letters, digits, `_`, `.` and `-`"
        ) { text in
            text.utf8.count <= longest && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
        }
    }
}
