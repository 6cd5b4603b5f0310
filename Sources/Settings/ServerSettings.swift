import ConfigSchema
import Exchange

/// `server`: the main listener, its timeouts and its limits.
package struct ServerSettings: SettingsSection {
    package var address = IPAddress.any
    /// 0 lets the system choose.
    package var port: UInt16 = 8080
    /// Event loops.
    package var threads = AutoOr<Int>.auto
    package var requestTimeout = Duration.seconds(30)
    package var headerTimeout = Duration.seconds(10)
    package var idleTimeout = Duration.seconds(60)
    package var bodyIdleTimeout = Duration.seconds(30)
    package var maxConnections = 10_000
    package var maxConcurrentRequests = 1_000
    package var trustedProxies: [AddressBlock] = []
    package var proxyProtocol = ProxyProtocol.off
    package var rateLimit = RateLimitSettings()
    package var coalescing = CoalescingSettings()
    package var securityLimits = SecurityLimitsSettings()
    package var shutdown = ShutdownSettings()

    package init() {}

    package static let title = "Server"
    package static let prose = "The main listener, its timeouts and its limits."
    package static let fields: [Field<ServerSettings>] = [
        Field("address", \.address, "Address to listen on.", examples: ["127.0.0.1", "::"]),
        Field("port", \.port, in: 0...65_535, "Port to listen on; 0 lets the system choose one."),
        Field("threads", \.threads, in: 1...256, "Event loops; `auto` is one for each usable core."),
        Field(
            "request_timeout", \.requestTimeout, in: .milliseconds(1)...timeoutLimit,
            "Time for a request until the head of its response is sent; then 504."),
        Field(
            "header_timeout", \.headerTimeout, in: .milliseconds(1)...timeoutLimit,
            "Time for a client to send the head of a request; then 408."),
        Field(
            "idle_timeout", \.idleTimeout, in: .milliseconds(1)...timeoutLimit,
            "How long a kept-alive connection may wait for its next request."),
        Field(
            "body_idle_timeout", \.bodyIdleTimeout, in: .milliseconds(1)...timeoutLimit,
            "How long a client or an origin may move no bytes in the midst of a body."),
        Field("max_connections", \.maxConnections, in: 1...1_000_000, "Client connections at a time."),
        Field(
            "max_concurrent_requests", \.maxConcurrentRequests, in: 1...1_000_000,
            "Requests at a time, their transfer included; beyond it 503 with `Retry-After: 5`."),
        Field(
            "trusted_proxies", \.trustedProxies, atMost: 1_000,
            "Addresses and blocks of proxies before this one: `Forwarded` or, without it, `X-Forwarded-For`, and `X-Request-ID` are believed from them alone; where both stand and name different clients, 400.",
            examples: ["10.0.0.0/8", "::1"]),
        Field(
            "proxy_protocol", \.proxyProtocol,
            "Version of the PROXY protocol with which every connection from `trusted_proxies` begins; `any` is either one."
        ),
        Field("rate_limit", section: \.rateLimit),
        Field("coalescing", section: \.coalescing),
        Field("security_limits", section: \.securityLimits),
        Field("shutdown", section: \.shutdown),
    ]

    package func check(_ report: inout SectionReport) {
        if proxyProtocol != .off, trustedProxies.isEmpty {
            report.error(
                at: "proxy_protocol", "needs `server.trusted_proxies` beside it",
                hint: "only connections from those begin with a PROXY header")
        }
    }
}

/// `server.proxy_protocol`: with which header connections from trusted proxies begin.
package enum ProxyProtocol: String, ChoiceSetting { case off, v1, v2, any }

/// The longest time that a timeout may be.
let timeoutLimit = Duration.seconds(86_400)

/// `server.security_limits`: how large the parts of a request may be, and what its path may look like.
package struct SecurityLimitsSettings: SettingsSection {
    package var maxBodySize = 10_485_760
    package var maxHeaderSize = 65_536
    package var maxURILength = 8_192
    package var rejectsSQLLikePaths = false

    package init() {}

    package static let title = "Security limits"
    package static let prose = "How large the parts of a request may be, and what its path may look like."
    package static let fields: [Field<SecurityLimitsSettings>] = [
        Field("max_body_size", bytes: \.maxBodySize, in: 0...(1 << 40), "Body of a request; beyond it 413."),
        Field(
            "max_header_size", bytes: \.maxHeaderSize, in: 1_024...1_048_576,
            "Head of a request, all fields together; beyond it 431."),
        Field("max_uri_length", bytes: \.maxURILength, in: 64...65_536, "Target of a request; beyond it 414."),
        Field(
            "reject_sql_like_paths", \.rejectsSQLLikePaths,
            "Answers 400 to paths that look like an SQL injection. An object store has no use for it, and legal keys may look so."
        ),
    ]

    package func check(_ report: inout SectionReport) {
        if maxURILength > maxHeaderSize {
            report.error(at: "max_uri_length", "must not be larger than `max_header_size`")
        }
    }
}

/// `server.shutdown`: how the process ends after SIGTERM or SIGINT.
package struct ShutdownSettings: SettingsSection {
    package var delay = Duration.zero
    package var timeout = Duration.seconds(30)

    package init() {}

    package static let title = "Shutdown"
    package static let prose = "How the process ends after SIGTERM or SIGINT."
    package static let fields: [Field<ShutdownSettings>] = [
        Field(
            "delay", \.delay, in: .zero...(.seconds(3_600)),
            "How long the listeners stay open while `/ready` answers 503, so that balancers can turn away."),
        Field(
            "timeout", \.timeout, in: .zero...(.seconds(3_600)),
            "How long requests may take to finish; then their connections are closed."),
    ]
}
