import ConfigSchema

extension Configuration {
    /// Whether answers of the bucket are kept.
    package func isCached(_ bucket: BucketSettings) -> Bool { bucket.cache.isEnabled ?? cache.isEnabled }

    /// Whether answers of any bucket are kept.
    package var isCacheUsed: Bool { buckets.contains(where: isCached) }

    /// What has to fit together where the cache is used; a section that is turned off may say what it likes.
    func checkCache(_ report: inout SectionReport) {
        guard cache.isEnabled || isCacheUsed else { return }
        checkLayers(&report)
        if cache.layers.contains(.redis), cache.redis.isEnabled, cache.redis.url == nil,
            cache.redis.sentinel == SentinelSettings()
        {
            report.error(
                at: "cache.redis.redis_url", "is required with `cache.redis.enabled: true`",
                hint: "or name `sentinel.master_name` and `sentinel.nodes`")
        }
        if cache.rangeRequests == .slice, let limit = largestItem, cache.sliceSize > limit {
            report.error(
                at: "cache.slice_size", "must not be larger than the `max_item_size_mb` of every layer",
                hint: "no layer would keep a slice")
        }
    }

    /// Layers are named in one place and turned on in another: only both together are what an operator meant.
    private func checkLayers(_ report: inout SectionReport) {
        let optional = [(CacheLayer.disk, cache.disk.isEnabled), (.redis, cache.redis.isEnabled)]
        for (layer, isEnabled) in optional where cache.layers.contains(layer) && !isEnabled {
            report.error(
                at: "cache.\(layer).enabled", "must be true where `cache.cache_layers` names `\(layer)`",
                hint: "or take `\(layer)` out of the layers")
        }
        let omitted = optional.filter { layer, isEnabled in isEnabled && !cache.layers.contains(layer) }.map(\.0)
        guard !omitted.isEmpty else { return }
        let names = omitted.map { "`\($0)`" }.joined(separator: " and ")
        let layers = (cache.layers + omitted).map(\.rawValue).joined(separator: ", ")
        report.error(
            at: "cache.cache_layers", "must name \(names), whose `enabled` is true", hint: "say `[\(layers)]`")
    }

    /// The largest object that any layer keeps; nil where there is no limit.
    private var largestItem: Int? {
        if cache.layers.contains(.disk) { return nil }
        let limits = [(CacheLayer.memory, cache.memory.maxItemSize), (.redis, cache.redis.maxItemSize)]
        return limits.filter { cache.layers.contains($0.0) }.map(\.1).max()
    }
}
