import ConfigSchema

/// `cache`: what is kept of the origins' answers, where and for how long (CACHE-1…10).
package struct CacheSettings: SettingsSection {
    package var isEnabled = false
    /// In the order of look-up, each once; never empty once read.
    package var layers = [CacheLayer.memory]
    package var rangeRequests = RangeCaching.bypass
    /// Bytes.
    package var sliceSize = 1_048_576
    /// Bytes.
    package var writeQueueMax = 67_108_864
    package var respectsCacheControl = true
    package var staleWhileRevalidate = Duration.zero
    package var staleIfError = Duration.zero
    package var negativeTTL = Duration.zero
    package var memory = MemoryCacheSettings()
    package var disk = DiskCacheSettings()
    package var redis = RedisCacheSettings()

    package init() {}

    package static let title = "Cache"
    package static let prose =
        "What is kept of the origins' answers, where and for how long. Who may read is asked for each request, whether it is answered from the cache or not."
    package static let fields: [Field<CacheSettings>] =
        general + [
            Field("memory", section: \.memory),
            Field("disk", section: \.disk),
            Field("redis", section: \.redis),
        ]

    private static let general: [Field<CacheSettings>] = [
        Field("enabled", \.isEnabled, "Caches for every bucket whose own `cache.enabled` does not say otherwise."),
        Field(
            "cache_layers", \.layers,
            "Where answers are kept, in the order of look-up; `disk` and `redis` need their `enabled` beside it."),
        Field(
            "range_requests", \.rangeRequests,
            "Requests for a part of an object: `bypass` asks the origin, `serve` answers from the whole object and fetches it if need be, `slice` keeps slices of `slice_size`."
        ),
        Field(
            "slice_size", bytes: \.sliceSize, in: 65_536...67_108_864, "Size of a slice with `range_requests: slice`."),
        Field(
            "write_queue_max", bytes: \.writeQueueMax, in: 1_048_576...(1 << 34),
            "What may wait to be written to disk and Redis in the background; beyond it objects are not kept there."),
        Field(
            "respect_cache_control", \.respectsCacheControl,
            "Follows the origin's `Cache-Control`, `Expires` and `Pragma`; else only the times of this file count."),
        Field(
            "stale_while_revalidate", \.staleWhileRevalidate, in: cacheAgeLimits,
            "How long an answer that is out of date may still be given while it is asked for anew; a directive of the answer wins."
        ),
        Field(
            "stale_if_error", \.staleIfError, in: cacheAgeLimits,
            "How long an answer that is out of date may still be given where the origin fails; a directive of the answer wins."
        ),
        Field(
            "negative_ttl_seconds", \.negativeTTL, in: cacheAgeLimits,
            "How long a 404 is kept; 0 keeps none."),
    ]

    package func check(_ report: inout SectionReport) {
        if layers.isEmpty {
            report.error(
                at: "cache_layers", "must have at least 1 item", hint: "say `enabled: false` to turn the cache off")
        }
    }
}

/// `cache.cache_layers[]`: a place where answers are kept.
package enum CacheLayer: String, ChoiceSetting { case memory, disk, redis }

/// `cache.range_requests`: what the cache does with a request for a part of an object (CACHE-10).
package enum RangeCaching: String, ChoiceSetting { case bypass, serve, slice }

/// How long an answer may be kept, or be given after its time.
let cacheAgeLimits = Duration.zero...Duration.seconds(31_536_000)
