import ConfigSchema

/// `buckets[].cache`: what a bucket does otherwise than the section `cache` says (CACHE-8).
package struct BucketCacheSettings: SettingsSection {
    /// Absent: as the top level's.
    package var isEnabled: Bool?
    /// Absent: `cache.memory.default_ttl_seconds`.
    package var ttl: Duration?
    /// Bytes. Absent: each layer's own limit alone.
    package var maxItemSize: Int?

    package init() {}

    package static let title = "Cache of a bucket"
    package static let prose = "What the bucket does otherwise than the section `cache` says."
    package static let fields: [Field<BucketCacheSettings>] = [
        Field("enabled", \.isEnabled, "Caches for this bucket, or does not; absent, as `cache.enabled` says."),
        Field(
            "ttl_seconds", \.ttl, in: cacheAgeLimits,
            "How long an answer counts as new where it does not say so itself; absent, `cache.memory.default_ttl_seconds`."
        ),
        Field(
            "max_item_size_mb", bytes: \.maxItemSize, in: 1_024...(1 << 50),
            "Largest object that is kept in any layer; the layers' own limits hold beside it."),
    ]
}
