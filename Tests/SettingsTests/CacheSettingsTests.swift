import ConfigSchema
import Settings
import Testing

/// Settings of the cache and of coalescing (CACHE-1…10).
@Suite struct CacheSettingsTests {
    @Test("CFG-2: the defaults are those of the configuration reference")
    func defaults() {
        let cache = CacheSettings()
        #expect(!cache.isEnabled && cache.layers == [.memory] && cache.rangeRequests == .bypass)
        #expect(cache.sliceSize == 1 << 20 && cache.writeQueueMax == 64 << 20 && cache.respectsCacheControl)
        #expect(cache.staleWhileRevalidate == .zero && cache.staleIfError == .zero && cache.negativeTTL == .zero)
        #expect(cache.memory.maxItemSize == 10 << 20 && cache.memory.maxSize == 1_024 << 20)
        #expect(cache.memory.defaultTTL == .seconds(3_600))
        #expect(!cache.disk.isEnabled && cache.disk.directory == "/var/cache/yatagarasu")
        #expect(cache.disk.maxSize == 10_240 << 20 && cache.disk.ioThreads == 4)
        #expect(cache.disk.sendfile.isEnabled && cache.disk.sendfile.threshold == 65_536)
        let redis = cache.redis
        #expect(!redis.isEnabled && redis.url == nil && redis.effectivePassword == nil && redis.effectiveDB == 0)
        #expect(redis.keyPrefix == "yatagarasu:" && redis.ttl == .seconds(3_600) && redis.maxItemSize == 1 << 20)
        #expect(redis.operationTimeout == .milliseconds(200) && redis.poolSize == 4)
        #expect(redis.sentinel.masterName == nil && redis.sentinel.nodes.isEmpty)
        let coalescing = CoalescingSettings()
        #expect(coalescing.isEnabled && coalescing.strategy == .streaming && coalescing.window == 4 << 20)
        let own = BucketCacheSettings()
        #expect(own.isEnabled == nil && own.ttl == nil && own.maxItemSize == nil)
    }

    private static let everything = """
        server: {coalescing: {enabled: false, strategy: wait_for_complete, window: 128KiB}}
        cache:
          enabled: true
          cache_layers: [redis, memory, disk]
          range_requests: slice
          slice_size: 512KiB
          write_queue_max: 2MiB
          respect_cache_control: false
          stale_while_revalidate: 1m
          stale_if_error: 7
          negative_ttl_seconds: 8
          memory: {max_item_size_mb: 2, max_cache_size_mb: 3, default_ttl_seconds: 9}
          disk:
            enabled: true
            cache_dir: /a/b
            max_disk_cache_size_mb: 4
            io_threads: 5
            sendfile: {enabled: false, threshold_bytes: 6}
          redis:
            enabled: true
            redis_url: rediss://user:p%40ss@Redis.example/7
            redis_db: 7
            redis_key_prefix: "a/b:"
            redis_ttl_seconds: 10
            max_item_size_mb: 512KiB
            operation_timeout_ms: 11
            pool_size: 12
            sentinel: {master_name: mymaster, nodes: [a, "b:1", "[::1]:2"]}
        buckets:
          - name: a
            path_prefix: /a
            cache: {enabled: false, ttl_seconds: 5m, max_item_size_mb: 1}
            s3: {bucket: abc, credentials: anonymous}
        """

    private func readEverything() throws -> Configuration {
        try Configuration.load(.text(Self.everything, name: "t"), environment: [:])
    }

    @Test("CFG-2, CACHE-8: every setting of the cache reaches its property")
    func everyProperty() throws {
        let read = try readEverything()
        let coalescing = read.server.coalescing
        #expect(!coalescing.isEnabled && coalescing.strategy == .waitForComplete && coalescing.window == 131_072)
        let cache = read.cache
        #expect(cache.isEnabled && cache.layers == [.redis, .memory, .disk] && cache.rangeRequests == .slice)
        #expect(cache.sliceSize == 524_288 && cache.writeQueueMax == 2 << 20 && !cache.respectsCacheControl)
        #expect(cache.staleWhileRevalidate == .seconds(60) && cache.staleIfError == .seconds(7))
        #expect(cache.negativeTTL == .seconds(8))
        #expect(cache.memory.maxItemSize == 2 << 20 && cache.memory.maxSize == 3 << 20)
        #expect(cache.memory.defaultTTL == .seconds(9))
        #expect(cache.disk.isEnabled && cache.disk.directory == "/a/b" && cache.disk.maxSize == 4 << 20)
        #expect(cache.disk.ioThreads == 5 && !cache.disk.sendfile.isEnabled && cache.disk.sendfile.threshold == 6)
        let own = try #require(read.buckets.first?.cache)
        #expect(own.isEnabled == false && own.ttl == .seconds(300) && own.maxItemSize == 1 << 20)
    }

    @Test("CFG-2, CACHE-3: every setting of Redis reaches its property")
    func everyRedisProperty() throws {
        let redis = try readEverything().cache.redis
        #expect(redis.isEnabled && redis.url?.scheme == .rediss && redis.url?.host == "redis.example")
        #expect(redis.url?.port == 6_379 && redis.url?.user == "user" && redis.effectiveDB == 7)
        #expect(redis.password == nil && redis.effectivePassword?.reveal() == "p@ss")
        #expect(redis.keyPrefix == "a/b:" && redis.ttl == .seconds(10) && redis.maxItemSize == 524_288)
        #expect(redis.operationTimeout == .milliseconds(11) && redis.poolSize == 12)
        #expect(redis.sentinel.masterName == "mymaster")
        #expect(redis.sentinel.nodes.map(\.text) == ["a", "b:1", "[::1]:2"])
        #expect(redis.sentinel.nodes.map(\.port) == [nil, 1, 2])
    }

    @Test(
        "CACHE-8: a bucket's own word wins over the top level's",
        arguments: [
            (nil, nil, false), ("true", nil, true), ("false", nil, false), (nil, "true", true), ("false", "true", true),
            ("true", "false", false), ("true", "~", true),
        ] as [(String?, String?, Bool)])
    func buckets(_ top: String?, _ own: String?, _ isCached: Bool) throws {
        let sample = Sample("cache.enabled", top).with("buckets[0].cache.enabled", own)
        let read = try load(sample)
        #expect(read.isCached(try #require(read.buckets.first)) == isCached)
        #expect(read.isCacheUsed == isCached)
    }

    /// What makes the cache used: the section itself, or a bucket.
    static let uses = ["cache.enabled", "buckets[0].cache.enabled"]

    @Test(
        "CFG-5: layers that only one of the two places turns on are told where the cache is used, and nowhere else",
        arguments: uses,
        [
            Rule(
                ["cache.cache_layers": "[memory, disk]"],
                "`cache.disk.enabled` must be true where `cache.cache_layers` names `disk`"),
            Rule(
                ["cache.cache_layers": "[redis]", "cache.redis.redis_url": "redis://h"],
                "`cache.redis.enabled` must be true where `cache.cache_layers` names `redis`"),
            Rule(["cache.disk.enabled": "true"], "`cache.cache_layers` must name `disk`, whose `enabled` is true"),
            Rule(
                [
                    "cache.cache_layers": "[memory]", "cache.redis.enabled": "true", "cache.disk.enabled": "true",
                    "cache.redis.redis_url": "redis://h",
                ], "`cache.cache_layers` must name `disk` and `redis`, whose `enabled` is true"),
            Rule(
                ["cache.cache_layers": "[memory, redis]", "cache.redis.enabled": "true"],
                "`cache.redis.redis_url` is required with `cache.redis.enabled: true`"),
            Rule(
                ["cache.range_requests": "slice", "cache.slice_size": "11MiB"],
                "`cache.slice_size` must not be larger than the `max_item_size_mb` of every layer"),
            Rule(
                [
                    "cache.range_requests": "slice", "cache.slice_size": "2MiB", "cache.cache_layers": "[redis]",
                    "cache.redis.enabled": "true", "cache.redis.redis_url": "redis://h",
                ], "`cache.slice_size` must not be larger than the `max_item_size_mb` of every layer"),
        ])
    func layers(_ use: String, _ rule: Rule) {
        #expect(complaints(about: rule.sample.with(use, "true").yaml).map(\.message) == [rule.message])
        #expect(complaints(about: rule.sample.yaml).map(\.description) == [], "nothing is cached")
    }

    @Test("CFG-4: what is missing between layers and their sections is said at the right key, with a way out")
    func places() {
        let text = """
            cache:
              enabled: true
              cache_layers: [memory, disk]
              disk:
                cache_dir: /a
              redis:
                enabled: true
                redis_url: redis://:secret@host
            buckets: [{name: a, path_prefix: /a, s3: {bucket: abc, credentials: anonymous}}]
            """
        #expect(
            report(on: text) == """
                config.yaml:3:3: error: `cache.cache_layers` must name `redis`, whose `enabled` is true
                  3 |   cache_layers: [memory, disk]
                    |   ^~~~~~~~~~~~ say `[memory, disk, redis]`
                config.yaml:4:3: error: `cache.disk.enabled` must be true where `cache.cache_layers` names `disk`
                  4 |   disk:
                    |   ^~~~ or take `disk` out of the layers
                """)
    }

    @Test(
        "CFG-5: what follows from a mistake is not told beside it",
        arguments: [
            ("cache.cache_layers", "[memory, dsk]", "`cache.cache_layers[1]` must be one of `memory`, `disk`, `redis`"),
            ("cache.disk.enabled", "yes", "`cache.disk.enabled` must be `true` or `false`"),
            ("cache.redis.redis_url", "\"http://h\"", "`cache.redis.redis_url` must be a URL such as"),
        ])
    func consequences(_ path: String, _ value: String, _ message: String) {
        var sample = Sample("cache.enabled", "true").with("cache.cache_layers", "[memory, disk, redis]")
        sample.set("cache.disk.enabled", "true")
        sample.set("cache.redis.enabled", "true")
        sample.set("cache.redis.redis_url", "redis://h")
        #expect(complaints(about: sample.yaml).isEmpty)
        let found = complaints(about: sample.with(path, value).yaml).map(\.message)
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix(message) })
    }

    @Test("CFG-4: a layer's name is guessed")
    func guess() {
        let found = complaints(about: Sample("cache.cache_layers", "[memry, disk]").yaml)
        #expect(found.map(\.hint) == ["did you mean `memory`?"])
    }

    @Test(
        "CFG-5: rules within the section",
        arguments: [
            Rule(["cache.cache_layers": "[]"], "`cache.cache_layers` must have at least 1 item"),
            Rule(["cache.cache_layers": "[disk, disk]"], "`cache.cache_layers[1]` repeats `cache.cache_layers[0]`"),
            Rule(
                ["cache.memory.max_item_size_mb": "2", "cache.memory.max_cache_size_mb": "1"],
                "`cache.memory.max_item_size_mb` must not be larger than `max_cache_size_mb`"),
            Rule(
                ["cache.memory.max_cache_size_mb": "9"],
                "`cache.memory.max_item_size_mb` must not be larger than `max_cache_size_mb`"),
            Rule(
                ["cache.redis.redis_url": "redis://h/1", "cache.redis.redis_db": "0"],
                "`cache.redis.redis_db` is not the database of `redis_url`"),
            Rule(
                ["cache.redis.redis_url": "\"redis://:a@h\"", "cache.redis.redis_password": "b"],
                "`cache.redis.redis_password` is not the password of `redis_url`"),
            Rule(
                ["cache.redis.redis_url": "redis://user@h"],
                "`cache.redis.redis_password` is required where `redis_url` names a user"),
            Rule(
                ["cache.redis.sentinel.master_name": "mymaster"],
                "`cache.redis.sentinel.nodes` is required with `master_name`"),
            Rule(
                ["cache.redis.sentinel.master_name": "mymaster", "cache.redis.sentinel.nodes": "[]"],
                "`cache.redis.sentinel.nodes` is required with `master_name`"),
            Rule(
                ["cache.redis.sentinel.nodes": "[h]"], "`cache.redis.sentinel.master_name` is required with `nodes`"),
            Rule(
                ["server.coalescing.strategy": "wait"],
                "`server.coalescing.strategy` must be one of `streaming`, `wait_for_complete`"),
        ])
    func rules(_ rule: Rule) {
        #expect(complaints(about: rule.sample.yaml).map(\.message) == [rule.message])
    }

    @Test(
        "CFG-5: what is unusual and right",
        arguments: [
            ["cache": "", "server.coalescing": "", "buckets[0].cache": ""],
            ["cache.enabled": "true", "cache.cache_layers": "[disk]", "cache.disk.enabled": "true"],
            [
                "cache.enabled": "true", "cache.cache_layers": "[redis, memory]", "cache.redis.enabled": "true",
                "cache.redis.sentinel": "{master_name: m, nodes: [a, b]}",
            ],
            [
                "cache.enabled": "true", "cache.cache_layers": "[redis]", "cache.redis.enabled": "true",
                "cache.redis.redis_url": "rediss://u:p@h/3", "cache.redis.redis_db": "3",
                "cache.redis.redis_password": "p", "cache.redis.sentinel": "{master_name: m, nodes: [a, b]}",
            ],
            ["cache.redis.redis_url": "redis://user@h", "cache.redis.redis_password": "p"],
            ["cache.memory": "{max_item_size_mb: 2, max_cache_size_mb: 2MiB}"],
            ["cache.enabled": "true", "cache.slice_size": "64MiB"],
            [
                "cache.enabled": "true", "cache.range_requests": "slice", "cache.slice_size": "64MiB",
                "cache.cache_layers": "[memory, disk]", "cache.disk.enabled": "true",
            ],
            ["cache.disk.cache_dir": "/a/./b.c/"],
        ] as [[String: String?]])
    func unusual(_ settings: [String: String?]) {
        #expect(complaints(about: Rule(settings, "").sample.yaml).map(\.description) == [])
    }

    @Test(
        "CFG-5: directories, prefixes, names and nodes that are none",
        arguments: [
            ("cache.disk.cache_dir", ["/", "//", "/.", "/./", "/a/..", "/..", "a", "./a", "\"\""]),
            ("cache.redis.redis_key_prefix", ["\"a b\"", "\"a*\"", "\"\"", "é", String(repeating: "a", count: 129)]),
            ("cache.redis.sentinel.master_name", ["\"a b\"", "a/b", "\"\"", String(repeating: "a", count: 129)]),
            ("cache.redis.sentinel.nodes", ["[\"a:0\"]", "[\"redis://a\"]", "[a/b]", "[u@a]", "[a, a]", "a", "[~]"]),
            ("cache.range_requests", ["serv", "true", "1"]),
        ])
    func texts(_ path: String, _ values: [String]) {
        for value in values {
            let found = complaints(about: Sample(path, value).yaml).map(\.message)
            #expect(found.contains { $0.hasPrefix("`\(path)") }, "\(value): \(found)")
        }
    }
}
