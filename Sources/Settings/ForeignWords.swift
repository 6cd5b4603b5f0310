/// Words of keys that operators know from elsewhere: the original program's, and what other proxies call things.
///
/// An unknown key that is made of these is shown in its diagnostic; one that is not may be a secret in the wrong place.
enum ForeignWords {
    static let all = original.union(general)

    /// Of the original program's configuration, in all its dialects.
    private static let original = words(
        """
        jwt auth authorization authentication cache disk redis memory warming prewarm rate limit limits limiting global ip \
        user burst coalescing strategy circuit breaker failure success threshold half open requests cooldown retry \
        attempts initial backoff replicas replica priority provider opa openfga url policy ttl store id model mode \
        claim claims verification operator value algorithm issuer audience leeway jwks refresh interval rsa ecdsa public \
        cert keys sources source header query prefix filter allowlist blocklist watermark rules pattern watermarks \
        image images optimization quality width height color opacity position margin rotation tile spacing audit outputs \
        file files backup rotation syslog protocol facility export tracing exporter otlp jaeger zipkin service sampling \
        ratio propagate context slow include exclude paths breakdown observability redact headers https http2 http tls \
        ssl cleartext streams min max version client proxy trusted proxies shutdown grace period admin layers item size \
        mb kb capacity dir sendfile db sentinel nodes master cluster write queue respect control stale while revalidate \
        if error negative slice range resource descriptors percent hedge after health check body read window \
        compression level levels response enabled daemon optional default type types host hosts count
        """)

    private static let general = words(
        """
        description comment comments title label labels tag tags kind metadata spec note notes env environment include \
        extends profile role domain domains path prefix suffix root index routes route rewrite redirect upstream upstreams \
        origin origins backend backends server servers listen listener listeners bind workers worker threads connections \
        keepalive keep alive log logs logger access format output debug verbose pid group method methods expose credentials \
        buffer buffering gzip timeout timeouts seconds secs ms minutes hours bytes allow deny name names
        """)

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map(String.init)) }
}
