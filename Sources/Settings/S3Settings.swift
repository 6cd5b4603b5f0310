import ConfigSchema

/// `buckets[].s3`: the origin's bucket, how it is reached and how requests to it are signed.
package struct S3Settings: SettingsSection {
    package enum Addressing: String, ChoiceSetting { case auto, path, virtual }
    package enum Credentials: String, ChoiceSetting { case `static`, anonymous }

    package var bucket = ""
    package var region = "us-east-1"
    /// Absent: AWS.
    package var endpoint: EndpointURL?
    package var addressing = Addressing.auto
    package var accessKey: Secret?
    package var secretKey: Secret?
    package var sessionToken: Secret?
    /// Absent: `static`.
    package var credentials: Credentials?
    package var timeout = Duration.seconds(20)
    package var connectTimeout = Duration.seconds(5)
    package var connectionPoolSize = 50
    package var maxPendingRequests = 1_000
    /// Zero: none.
    package var totalTimeout = Duration.zero
    package var rateLimit: RateSettings?
    package var allowResponseOverrides = false
    package var tls = OriginTLSSettings()

    package init() {}

    /// True when requests go to the origin unsigned.
    package var isAnonymous: Bool { credentials == .anonymous }

    package static let title = "S3"
    package static let prose = "The origin's bucket, how it is reached and how requests to it are signed."
    package static let fields: [Field<S3Settings>] = identity + limits

    private static let identity: [Field<S3Settings>] = [
        Field(
            "bucket", \.bucket, bucketRule, isRequired: true, "Name of the bucket at the origin.",
            examples: ["products", "${S3_BUCKET}"]),
        Field("region", \.region, regionRule, "Region that signatures name.", examples: ["eu-central-1"]),
        Field(
            "endpoint", \.endpoint, "URL of an S3 service other than AWS: scheme, host and port.",
            examples: ["http://minio:9000", "https://s3.eu-central-1.amazonaws.com"]),
        Field(
            "addressing", \.addressing,
            "Where requests name the bucket: in the path, or in the host (`virtual`); `auto` is the host for AWS, the path elsewhere."
        ),
        Field("access_key", \.accessKey, accessKeyRule, "Access key id.", examples: ["${AWS_ACCESS_KEY_ID}"]),
        Field("secret_key", \.secretKey, .any, "Secret access key.", examples: ["${AWS_SECRET_ACCESS_KEY}"]),
        Field(
            "session_token", \.sessionToken, tokenRule, "Session token of temporary keys.",
            examples: ["${AWS_SESSION_TOKEN:-}"]),
        Field(
            "credentials", \.credentials,
            "Where keys come from: `static` is `access_key` and `secret_key` (as when absent), `anonymous` signs nothing."
        ),
    ]

    private static let limits: [Field<S3Settings>] = [
        Field(
            "timeout", \.timeout, in: .milliseconds(1)...timeoutLimit,
            "Time until the first byte of the origin's answer."),
        Field(
            "connect_timeout", \.connectTimeout, in: .milliseconds(1)...timeoutLimit,
            "Time to connect to the origin, TLS included."),
        Field(
            "connection_pool_size", \.connectionPoolSize, in: 1...10_000, "Connections to the origin at a time."),
        Field(
            "max_pending_requests", \.maxPendingRequests, in: 0...1_000_000,
            "Requests that may wait for a connection; beyond it 503."),
        Field(
            "total_timeout", \.totalTimeout, in: .zero...timeoutLimit,
            "Time for the origin's whole answer, body included; 0 is no limit."),
        Field(
            "allow_response_overrides", \.allowResponseOverrides,
            "Lets clients set `response-content-type` and kin: a stranger can then turn an object into HTML."),
        Field("rate_limit", optionalSection: \.rateLimit),
        Field("tls", section: \.tls),
    ]

    /// S3's own naming rules, and the capitals and underscores that old buckets and other services have.
    private static let bucketRule = TextRule(
        pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$",
        expectation: "3 to 63 letters, digits, dots, hyphens, with a letter or digit at both ends"
    ) { name in
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || Array("._-".utf8).contains($0) } && !name.contains("..")
    }

    /// The access key stands in the Authorization field, where `,`, `/` and `=` end what is before them.
    private static let accessKeyRule = TextRule(
        pattern: "^[!-+.0-<>-~-]+$",
        expectation: "of visible ASCII characters without blanks, and without `,`, `/` and `=`"
    ) { key in
        key.utf8.allSatisfy { isVisible($0) && !",/=".utf8.contains($0) }
    }

    /// The token is the value of a header field.
    private static let tokenRule = TextRule(
        pattern: "^[!-~]+$", expectation: "of visible ASCII characters without blanks"
    ) { $0.utf8.allSatisfy(isVisible) }

    private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

    /// The region stands in signatures and host names.
    private static let regionRule = TextRule(
        pattern: "^[A-Za-z0-9][A-Za-z0-9-]{0,62}$", expectation: "a name of letters, digits and hyphens"
    ) { name in
        let bytes = Array(name.utf8)
        return bytes.count <= 63 && bytes.first.map(isAlphanumeric) == true
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
}
