import ConfigSchema

/// `cache.memory`: the answers that the process itself holds (CACHE-1).
package struct MemoryCacheSettings: SettingsSection {
    /// Bytes.
    package var maxItemSize = 10_485_760
    /// Bytes.
    package var maxSize = 1 << 30
    package var defaultTTL = Duration.seconds(3_600)

    package init() {}

    package static let title = "Memory cache"
    package static let prose = "The answers that the process itself holds."
    package static let fields: [Field<MemoryCacheSettings>] = [
        Field("max_item_size_mb", bytes: \.maxItemSize, in: 1_024...(1 << 36), "Largest object that is held."),
        Field("max_cache_size_mb", bytes: \.maxSize, in: 1_048_576...(1 << 44), "All that is held, heads included."),
        Field(
            "default_ttl_seconds", \.defaultTTL, in: cacheAgeLimits,
            "How long an answer counts as new, in every layer, where it does not say so itself."),
    ]

    package func check(_ report: inout SectionReport) {
        guard maxItemSize > maxSize else { return }
        report.error(
            at: "max_item_size_mb", "must not be larger than `max_cache_size_mb`",
            hint: maxItemSize == MemoryCacheSettings().maxItemSize ? "left out, it is 10" : nil)
    }
}
