import ConfigSchema
import Exchange
import Settings
import Testing

/// Settings of hops, limits and address lists (HTTP-6, HTTP-8, LIM-1).
@Suite struct AdmissionSettingsTests {
    private static let everything = """
        server:
          trusted_proxies: [10.0.0.0/8, "::1"]
          proxy_protocol: any
          security_limits: {reject_sql_like_paths: true}
          rate_limit:
            enabled: true
            global: {requests_per_second: 100, burst: 200}
            per_ip: {requests_per_second: 10, burst: 20, max_clients: 5000}
            per_user: {requests_per_second: 11}
        buckets:
          - name: a
            path_prefix: /a
            ip_filter: {allowlist: [192.0.2.0/24], blocklist: ["2001:db8::/32", 1.2.3.4]}
            s3: {bucket: abc, credentials: anonymous, rate_limit: {requests_per_second: 5}}
        """

    @Test("CFG-2: every setting of admission reaches its property")
    func everyProperty() throws {
        let read = try Configuration.load(.text(Self.everything, name: "t"), environment: [:])
        #expect(read.server.trustedProxies.map(\.text) == ["10.0.0.0/8", "::1"])
        #expect(read.server.proxyProtocol == .any)
        #expect(read.server.securityLimits.rejectsSQLLikePaths)
        let limits = read.server.rateLimit
        #expect(limits.isEnabled && limits.global?.requestsPerSecond == 100 && limits.global?.burst == 200)
        #expect(limits.perIP?.requestsPerSecond == 10 && limits.perIP?.burst == 20 && limits.perIP?.maxClients == 5_000)
        #expect(limits.perUser?.requestsPerSecond == 11 && limits.perUser?.burst == nil)
        #expect(limits.perUser?.maxClients == 100_000)
        let bucket = try #require(read.buckets.first)
        #expect(bucket.ipFilter.allowlist.map(\.text) == ["192.0.2.0/24"])
        #expect(bucket.ipFilter.blocklist.map(\.text) == ["2001:db8::/32", "1.2.3.4"])
        #expect(bucket.s3.rateLimit?.requestsPerSecond == 5 && bucket.s3.rateLimit?.burst == nil)
    }

    @Test(
        "CFG-9: limits may stand there and be off, or be absent or null",
        arguments: ["{enabled: false, X}", "{X}", "{global: }", ""])
    func off(_ text: String) throws {
        let limit = "global: {requests_per_second: 100}, per_ip: {requests_per_second: 10}"
        let read = try load(Sample("server.rate_limit", text.replacing("X", with: limit)))
        #expect(!read.server.rateLimit.isEnabled)
    }

    @Test("HTTP-8: `off` needs no quotes", arguments: ["off", "\"off\"", "'off'"])
    func plainOff(_ text: String) throws {
        #expect(try load(Sample("server.proxy_protocol", text)).server.proxyProtocol == .off)
    }

    @Test(
        "CFG-5: what is wrong is said with its place",
        arguments: [
            ("server.proxy_protocol", "v1", "`server.proxy_protocol` needs `server.trusted_proxies` beside it"),
            ("server.proxy_protocol", "v3", "`server.proxy_protocol` must be one of `off`, `v1`, `v2`, `any`"),
            (
                "server.proxy_protocol", "false",
                "`server.proxy_protocol` must be one of `off`, `v1`, `v2`, `any`, not a boolean"
            ),
            (
                "server.trusted_proxies", "[proxy.example]",
                "`server.trusted_proxies[0]` must be an IP address or a block of them, such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`"
            ),
            (
                "buckets[0].ip_filter.allowlist", "[10.0.0.0/33]",
                "`buckets[0].ip_filter.allowlist[0]` must be an IP address or a block of them, such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`"
            ),
            (
                "buckets[0].ip_filter.blocklist", "[10.0.0.0/8, 10.0.0.0/8]",
                "`buckets[0].ip_filter.blocklist[1]` repeats `buckets[0].ip_filter.blocklist[0]`"
            ),
            ("server.rate_limit.global", "{burst: 3}", "`server.rate_limit.global.requests_per_second` is required"),
            ("buckets[0].s3.rate_limit", "{}", "`buckets[0].s3.rate_limit.requests_per_second` is required"),
            (
                "server.rate_limit.per_ip", "{requests_per_second: 0}",
                "`server.rate_limit.per_ip.requests_per_second` must be between 1 and 1000000"
            ),
        ])
    func wrong(_ path: String, _ value: String, _ message: String) {
        #expect(complaints(about: Sample(path, value).yaml).map(\.message) == [message])
    }

    @Test("HTTP-8: a block with host bits is refused, and the block that was meant is named")
    func hostBits() {
        let sample = Sample("server.trusted_proxies", "[10.0.0.1/8, \"2001:db8::1/32\"]")
        let found = complaints(about: sample.yaml)
        #expect(found.count == 2)
        #expect(
            found.map(\.hint) == [
                "bits behind the length are set; the block is `10.0.0.0/8`",
                "bits behind the length are set; the block is `2001:db8::/32`",
            ])
    }

    @Test("CFG-4: what comes from the environment is not shown in a hint")
    func hiddenHint() {
        let sample = Sample("server.trusted_proxies", "[\"${A}\"]")
        let found = complaints(about: sample.yaml, environment: ["A": "10.0.0.1/8"])
        #expect(found.count == 1 && found.first?.hint == nil)
    }
}
