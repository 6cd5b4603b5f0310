import ConfigSchema
import Settings
import Testing

@Suite struct ValueTests {
    @Test("CFG-2: the defaults are those of the configuration reference")
    func defaults() throws {
        let read = try load(Sample())
        #expect(read.server == ServerSettings())
        #expect(read.server.address.text == "0.0.0.0")
        #expect(read.server.port == 8080)
        #expect(read.server.threads == .auto)
        #expect(read.server.requestTimeout == .seconds(30))
        #expect(read.server.headerTimeout == .seconds(10))
        #expect(read.server.idleTimeout == .seconds(60))
        #expect(read.server.bodyIdleTimeout == .seconds(30))
        #expect(read.server.maxConnections == 10_000)
        #expect(read.server.maxConcurrentRequests == 1_000)
        #expect(read.server.securityLimits.maxBodySize == 10_485_760)
        #expect(read.server.securityLimits.maxHeaderSize == 65_536)
        #expect(read.server.securityLimits.maxURILength == 8_192)
        #expect(!read.server.securityLimits.rejectsSQLLikePaths)
        #expect(read.server.trustedProxies.isEmpty)
        #expect(read.server.proxyProtocol == .off)
        #expect(read.server.rateLimit == RateLimitSettings())
        #expect(read.server.coalescing == CoalescingSettings())
        #expect(read.cache == CacheSettings())
        #expect(read.server.shutdown.delay == .zero)
        #expect(read.server.shutdown.timeout == .seconds(30))
        #expect(read.metrics.isOnMainListener)
        #expect(read.logging.level == .info)
        #expect(read.logging.format == .json)
        #expect(read.logging.accessLog)
        let s3 = try #require(read.buckets.first?.s3)
        #expect(s3.region == "us-east-1")
        #expect(s3.endpoint == nil)
        #expect(s3.addressing == .auto)
        #expect(s3.timeout == .seconds(20))
        #expect(s3.connectTimeout == .seconds(5))
        #expect(s3.connectionPoolSize == 50)
        #expect(s3.maxPendingRequests == 1_000)
        #expect(s3.totalTimeout == .zero)
        #expect(s3.rateLimit == nil)
        #expect(!s3.allowResponseOverrides)
        #expect(s3.tls == OriginTLSSettings())
        #expect(!s3.isAnonymous)
        #expect(read.buckets.first?.cors == CORSSettings())
        #expect(read.buckets.first?.cache == BucketCacheSettings())
        #expect(read.buckets.first?.ipFilter == IPFilterSettings())
    }

    private static let everything = """
        server:
          address: "[::1]"
          port: 0
          threads: 7
          request_timeout: 1m
          header_timeout: 250ms
          idle_timeout: 1h
          body_idle_timeout: 9
          max_connections: 11
          max_concurrent_requests: 12
          security_limits: {max_body_size: 1GiB, max_header_size: 16KiB, max_uri_length: 2KB}
          shutdown: {delay: 3s, timeout: 4}
        metrics: {enabled: false, address: 127.0.0.1, port: 9090}
        logging: {level: warn, format: text, access_log: false}
        buckets:
          - name: a
            path_prefix: /a/b/
            s3:
              bucket: "123"
              region: eu-central-1
              endpoint: HTTP://Minio:9000/
              addressing: path
              access_key: ak
              secret_key: "${SK}"
              session_token: st
              credentials: static
              timeout: 1
              connect_timeout: 2
              connection_pool_size: 3
              max_pending_requests: 4
              total_timeout: 5
              allow_response_overrides: true
              tls: {verify: false}
            cors: {allow_origins: ["*", "https://a.example:8443"], allow_headers: [Range, x-y], max_age: 60}
        """

    private func readEverything() throws -> Configuration {
        try Configuration.load(
            .text(Self.everything, name: "t"), environment: ["SK": "12345: {#\"} ${X} $${"])
    }

    @Test("CFG-2: every setting of the server, the metrics and the log reaches its property")
    func everyProperty() throws {
        let read = try readEverything()
        #expect(read.server.address.text == "::1")
        #expect(read.server.address.isIPv6)
        #expect(read.server.port == 0)
        #expect(read.server.threads == .value(7))
        #expect(read.server.requestTimeout == .seconds(60))
        #expect(read.server.headerTimeout == .milliseconds(250))
        #expect(read.server.idleTimeout == .seconds(3_600))
        #expect(read.server.bodyIdleTimeout == .seconds(9))
        #expect(read.server.maxConnections == 11)
        #expect(read.server.maxConcurrentRequests == 12)
        #expect(read.server.securityLimits.maxBodySize == 1 << 30)
        #expect(read.server.securityLimits.maxHeaderSize == 16_384)
        #expect(read.server.securityLimits.maxURILength == 2_000)
        #expect(read.server.shutdown.delay == .seconds(3))
        #expect(read.server.shutdown.timeout == .seconds(4))
        #expect(read.metrics.port == 9090)
        #expect(read.metrics.address?.text == "127.0.0.1")
        #expect(!read.metrics.isEnabled)
        #expect(read.logging.level == .warn)
        #expect(read.logging.format == .text)
        #expect(!read.logging.accessLog)
    }

    @Test("CFG-2: every setting of a bucket reaches its property")
    func everyBucketProperty() throws {
        let bucket = try #require(try readEverything().buckets.first)
        #expect(bucket.normalizedPathPrefix == "/a/b")
        #expect(bucket.s3.bucket == "123")
        #expect(bucket.s3.region == "eu-central-1")
        #expect(bucket.s3.endpoint?.text == "http://minio:9000")
        #expect(bucket.s3.endpoint?.effectivePort == 9000)
        #expect(bucket.s3.addressing == .path)
        #expect(bucket.s3.accessKey?.reveal() == "ak")
        #expect(bucket.s3.secretKey?.reveal() == "12345: {#\"} ${X} $${", "a value is data, and is read once")
        #expect(bucket.s3.sessionToken?.reveal() == "st")
        #expect(bucket.s3.credentials == .static)
        #expect(bucket.s3.timeout == .seconds(1))
        #expect(bucket.s3.connectTimeout == .seconds(2))
        #expect(bucket.s3.connectionPoolSize == 3)
        #expect(bucket.s3.maxPendingRequests == 4)
        #expect(bucket.s3.totalTimeout == .seconds(5))
        #expect(bucket.s3.allowResponseOverrides)
        #expect(!bucket.s3.tls.verify)
        #expect(bucket.cors.allowOrigins == ["*", "https://a.example:8443"])
        #expect(bucket.cors.allowHeaders == ["Range", "x-y"])
        #expect(bucket.cors.maxAge == .seconds(60))
    }

    @Test(
        "CFG-2: endpoints",
        arguments: [
            ("http://minio:9000", "minio", 9000), ("https://s3.example.com", "s3.example.com", 443),
            ("http://host/", "host", 80), ("HTTPS://A_b.C", "a_b.c", 443), ("http://[::1]:9000", "::1", 9000),
            ("https://[2001:db8::1]", "2001:db8::1", 443), ("http://10.0.0.1", "10.0.0.1", 80),
        ])
    func endpoints(_ text: String, _ host: String, _ port: UInt16) throws {
        let endpoint = try #require(EndpointURL(text))
        #expect(endpoint.host == host)
        #expect(endpoint.effectivePort == port)
        #expect(EndpointURL(endpoint.text) == endpoint)
    }

    @Test(
        "CFG-5: what is no endpoint",
        arguments: [
            "", "minio:9000", "ftp://host", "http://", "http:///", "http://host/path", "http://host//", "http://host?x",
            "http://host#x",
            "http://user@host", "http://user:pass@host", "http://host:0", "http://host:65536", "http://host:",
            "http://host:+1",
            "http://host:٣", "http://ho st", "http://-host", "http://host-", "http://a..b", "http://[::1",
            "http://[::1]x",
            "http://[127.0.0.1]", "http://[fe80::1%eth0]", "http://::1", "http://host\u{0}", "http://hôst",
            " http://host",
        ])
    func noEndpoint(_ text: String) {
        #expect(EndpointURL(text) == nil)
    }

    @Test(
        "CFG-5: only an address is an address",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1"), ("::", "::"), ("[::1]", "::1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("localhost", nil), ("", nil), ("[127.0.0.1]", nil), ("127.1", nil), ("1.2.3.4.5", nil),
            ("fe80::1%eth0", nil),
            ("0.0.0.0:8080", nil), ("[::1]:80", nil), ("127.0.0.1\u{0}x", nil), ("[]", nil), ("[", nil),
        ] as [(String, String?)])
    func addresses(_ text: String, _ address: String?) {
        #expect(IPAddress(text)?.text == address)
    }
}
