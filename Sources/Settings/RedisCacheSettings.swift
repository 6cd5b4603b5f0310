import ConfigSchema

/// `cache.redis`: the answers that several instances share (CACHE-3).
package struct RedisCacheSettings: SettingsSection {
    package var isEnabled = false
    /// Required where the layer is used, unless Sentinel names the server.
    package var url: RedisURL?
    /// Absent: the one of the URL.
    package var password: Secret?
    /// Absent: the one of the URL.
    package var db: Int?
    package var keyPrefix = "yatagarasu:"
    package var ttl = Duration.seconds(3_600)
    /// Bytes.
    package var maxItemSize = 1_048_576
    package var operationTimeout = Duration.milliseconds(200)
    package var poolSize = 4
    package var sentinel = SentinelSettings()

    package init() {}

    /// The password that counts.
    package var effectivePassword: Secret? { password ?? url?.password }

    /// The database that counts.
    package var effectiveDB: Int { db ?? url?.db ?? 0 }

    package static let title = "Redis cache"
    package static let prose = "The answers that several instances share through Redis or Valkey."
    package static let fields: [Field<RedisCacheSettings>] =
        server + [
            Field(
                "redis_key_prefix", \.keyPrefix, prefixRule,
                "What every key and channel begins with; instances with the same prefix share answers."),
            Field(
                "redis_ttl_seconds", \.ttl, in: .seconds(1)...cacheAgeLimits.upperBound,
                "How long the server keeps an answer at most."),
            Field(
                "max_item_size_mb", bytes: \.maxItemSize, in: 1_024...(1 << 29), "Largest object that is kept there."),
            Field(
                "operation_timeout_ms", \.operationTimeout, in: .milliseconds(1)...(.seconds(60)),
                "Time for one answer of the server; then it is as if the object were not there."),
            Field("pool_size", \.poolSize, in: 1...256, "Connections to the server."),
            Field("sentinel", section: \.sentinel),
        ]

    private static let server: [Field<RedisCacheSettings>] = [
        Field("enabled", \.isEnabled, "Keeps answers in Redis; `cache_layers` says when they are looked up."),
        Field(
            "redis_url", secret: \.url,
            "URL of the server, `rediss` for TLS: user, password and database may stand in it. With `sentinel` all of it counts but host and port.",
            examples: ["redis://redis:6379/0", "${REDIS_URL}"]),
        Field(
            "redis_password", \.password, .any, "Password; absent, the one in `redis_url`.",
            examples: ["${REDIS_PASSWORD:-}"]),
        Field(
            "redis_db", \.db, in: RedisURL.databases,
            "Number of the database; absent, the one in `redis_url`, or else 0."),
    ]

    /// The prefix stands in patterns of keys.
    private static let prefixRule = TextRule(
        pattern: "^[A-Za-z0-9:._/-]{1,128}$", expectation: "1 to 128 letters, digits, `:`, `.`, `_`, `/` and `-`"
    ) { prefix in
        (1...128).contains(prefix.utf8.count)
            && prefix.utf8.allSatisfy { isAlphanumeric($0) || ":._/-".utf8.contains($0) }
    }

    package func check(_ report: inout SectionReport) {
        if let own = db, let other = url?.db, own != other {
            report.error(at: "redis_db", "is not the database of `redis_url`", hint: "take one of them out")
        }
        if let own = password, let other = url?.password, own != other {
            report.error(at: "redis_password", "is not the password of `redis_url`", hint: "take one of them out")
        }
        if url?.user != nil, effectivePassword == nil {
            report.error(at: "redis_password", "is required where `redis_url` names a user")
        }
    }
}
