import ConfigSchema

/// `buckets[].cors`: which web pages of other origins may read the bucket (Fetch standard §3.2).
package struct CORSSettings: SettingsSection {
    /// Empty: no CORS fields are sent.
    package var allowOrigins: [String] = []
    package var allowHeaders: [String] = []
    package var maxAge = Duration.seconds(86_400)

    package init() {}

    package static let title = "CORS"
    package static let prose = "Which web pages of other origins may read the bucket."
    package static let fields: [Field<CORSSettings>] = [
        Field(
            "allow_origins", \.allowOrigins, each: originRule, atMost: 1_000,
            "Origins that may read: `*` for all, or `https://app.example.com`. Empty, no CORS fields are sent.",
            examples: ["https://app.example.com"]),
        Field(
            "allow_headers", \.allowHeaders, each: headerRule, atMost: 1_000,
            "Request headers that those pages may send beside the ones that are always safe.", examples: ["Range"]),
        Field(
            "max_age", \.maxAge, in: .zero...(.seconds(604_800)), "How long a browser may keep a preflight's answer."),
    ]

    private static let originRule = TextRule(
        pattern: "^(\\*|[A-Za-z][A-Za-z0-9+.-]*://[^/?#@ ]+)$",
        expectation: "`*`, or an origin such as `https://app.example.com` without a path"
    ) { isOrigin($0) }

    private static let headerRule = TextRule(
        pattern: "^(\\*|[!#$%&'*+.^_`|~0-9A-Za-z-]+)$", expectation: "`*` or the name of a header"
    ) { name in
        let marks = Array("!#$%&'*+.^_`|~-".utf8)
        return name.utf8.allSatisfy { byte in
            marks.contains(byte) || isAlphanumeric(byte)
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        if text == "*" { return true }
        let bytes = Array(text.utf8)
        let scheme = bytes.prefix { isAlphanumeric($0) || Array("+.-".utf8).contains($0) }
        guard let first = scheme.first, !(0x30...0x39).contains(first), isAlphanumeric(first) else { return false }
        let rest = bytes.dropFirst(scheme.count)
        guard rest.starts(with: Array("://".utf8)) else { return false }
        return HostAndPort(String(decoding: rest.dropFirst(3), as: UTF8.self)) != nil
    }
}

/// True for the letters and digits of ASCII.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
}
