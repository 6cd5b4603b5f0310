import HTTPSemantics
import NIOCore
import Settings
import Telemetry

/// The cache of one configuration: the tiers that all buckets share, and each bucket's rules (CACHE-8).
package struct CachePlan: Sendable {
    /// nil where no bucket is cached.
    package let tiers: CacheTiers?
    /// In the order of the buckets; nil for one that is not cached.
    package let buckets: [BucketCache?]

    /// Touches no file before `start`.
    package init(_ configuration: Configuration, registry: MetricRegistry, log: Log) {
        guard configuration.isCacheUsed else {
            tiers = nil
            buckets = configuration.buckets.map { _ in nil }
            return
        }
        let tiers = Self.tiers(configuration, registry, log)
        self.tiers = tiers
        buckets = configuration.buckets.enumerated().map { index, bucket in
            configuration.isCached(bucket)
                ? BucketCache(bucket, UInt32(index), configuration.cache, configuration.server.coalescing, tiers) : nil
        }
        Self.report(tiers, registry)
    }

    /// Opens the folder of the disk tier.
    package func start() { tiers?.disk?.start() }

    /// Leaves it to others.
    package func stop() async { await tiers?.disk?.stop() }

    private static func tiers(_ configuration: Configuration, _ registry: MetricRegistry, _ log: Log) -> CacheTiers {
        let settings = configuration.cache
        let ledger = PurgeLedger()
        let spaces = CacheSpaces(
            configuration.buckets.map { bucket in
                CacheSpaces.Place(
                    bucket: bucket.name, endpoint: bucket.s3.endpoint?.text ?? "", store: bucket.s3.bucket,
                    region: bucket.s3.region)
            })
        let evictions = registry.counter(.cacheEvictions)
        let byLayer = registry.counter(.cacheEvictionsByLayer)
        let dropped = registry.counter(.cacheWritesDropped)
        let shared = registry.shared
        let layers = settings.layers.compactMap { layer -> CacheTiers.Layer? in
            switch layer {
            case .memory:
                let tier = MemoryTier(
                    capacity: settings.memory.maxSize, largestItem: settings.memory.maxItemSize, ledger: ledger
                ) { evicted in
                    shared.add(evictions, evicted.items)
                    shared.add(byLayer, at: CacheLayerLabel.memory.rawValue, evicted.items)
                }
                return CacheTiers.Layer(name: "memory", tier: tier)
            case .disk:
                return diskTier(settings.disk, spaces, ledger, registry, log).map {
                    CacheTiers.Layer(name: "disk", tier: $0)
                }
            case .redis: return nil
            }
        }
        // Bodies on their way into memory may take a quarter of it beside it.
        let holdLimit = max(settings.memory.maxSize / 4, settings.memory.maxItemSize)
        return CacheTiers(
            layers: layers, ledger: ledger, holdLimit: holdLimit, writeLimit: settings.writeQueueMax
        ) { layer in
            if let label = CacheLayerLabel(layer) { shared.add(dropped, at: label.rawValue) }
        }
    }

    private static func diskTier(
        _ settings: DiskCacheSettings, _ spaces: CacheSpaces, _ ledger: PurgeLedger, _ registry: MetricRegistry,
        _ log: Log
    ) -> DiskTier? {
        guard let pool = DiskPool(threads: settings.ioThreads, queueLimit: jobsAtMost) else {
            log.error("no thread for the disk cache could be started")
            return nil
        }
        return DiskTier(
            DiskTierSettings(
                folder: settings.directory, maxBytes: Int64(settings.maxSize), openFiles: openFilesAtMost,
                retryAfter: .seconds(5)),
            spaces: spaces, ledger: ledger, pool: pool, reports: DiskReports(registry, log))
    }

    /// Reads and look-ups that wait for a thread of the disk cache; those beyond are answered as misses.
    private static let jobsAtMost = 4_096
    private static let openFilesAtMost = 1_024

    /// What the tiers hold is looked at when somebody asks for the metrics.
    private static func report(_ tiers: CacheTiers, _ registry: MetricRegistry) {
        let gauges = tiers.layers.map { layer in
            let labels = ["\(layer.name)"]
            return (
                tier: layer.tier, size: registry.gauge(.cacheSize, labels: labels),
                items: registry.gauge(.cacheItems, labels: labels)
            )
        }
        let shared = registry.shared
        registry.collect { _ in
            for gauge in gauges {
                let usage = gauge.tier.usage(of: nil)
                shared.set(gauge.size, Int(usage.bytes))
                shared.set(gauge.items, usage.items)
            }
        }
    }
}

extension CacheLayerLabel {
    /// The label of a layer of that name.
    init?(_ name: StaticString) {
        guard let label = Self.allCases.first(where: { "\($0)" == "\(name)" }) else { return nil }
        self = label
    }
}

extension BucketCache {
    fileprivate init(
        _ bucket: BucketSettings, _ space: UInt32, _ cache: CacheSettings, _ coalescing: CoalescingSettings,
        _ tiers: CacheTiers
    ) {
        let ranges: Ranges =
            switch cache.rangeRequests {
            case .bypass: .bypass
            case .serve: .serve
            case .slice: .slice(Int64(cache.sliceSize))
            }
        self.init(
            tiers: tiers, space: space,
            rules: FreshnessRules(
                respectsCacheControl: cache.respectsCacheControl,
                defaultLifetime: (bucket.cache.ttl ?? cache.memory.defaultTTL).milliseconds,
                staleWhileRevalidate: cache.staleWhileRevalidate.milliseconds,
                staleIfError: cache.staleIfError.milliseconds),
            negativeLifetime: cache.negativeTTL.milliseconds,
            maxItemSize: bucket.cache.maxItemSize.map(Int64.init) ?? .max, ranges: ranges,
            coalesces: coalescing.isEnabled, waitsForComplete: coalescing.strategy == .waitForComplete,
            window: coalescing.window)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension DiskReports {
    /// Counts what happens, and logs what changes.
    fileprivate init(_ registry: MetricRegistry, _ log: Log) {
        let shared = registry.shared
        let evictions = registry.counter(.cacheEvictions)
        let byLayer = registry.counter(.cacheEvictionsByLayer)
        let dropped = registry.counter(.cacheWritesDropped)
        let errors = registry.counter(.cacheErrors)
        let removed = registry.counter(.cacheFilesRemoved)
        let disk = CacheLayerLabel.disk.rawValue
        self.init(
            state: { state in
                switch state {
                case .starting: break
                case .serving: log.info("the disk cache serves")
                case .unwritable(let failure):
                    log.warn("the disk cache cannot be written to", ["reason": .string(failure.explanation)])
                case .off(let failure):
                    log.warn("the disk cache is off", ["reason": .string(failure.explanation)])
                }
            },
            event: { event in
                switch event {
                case .stored: break
                case .evicted:
                    shared.add(evictions)
                    shared.add(byLayer, at: disk)
                case .refused: shared.add(dropped, at: disk)
                case .removed(let reason): shared.add(removed, at: RemovedFileLabel(reason).rawValue)
                case .failed: shared.add(errors, at: disk)
                }
            })
    }
}

extension RemovedFileLabel {
    fileprivate init(_ removal: DiskEvent.Removal) {
        switch removal {
        case .torn: self = .torn
        case .orphan: self = .orphan
        case .foreign: self = .foreign
        }
    }
}
