import ConfigSchema

/// `buckets[]`: a path prefix and the origin that answers below it.
package struct BucketSettings: SettingsSection {
    package var name = ""
    package var pathPrefix = ""
    package var s3 = S3Settings()
    package var auth = AuthSettings()
    package var cache = BucketCacheSettings()
    package var cors = CORSSettings()
    package var ipFilter = IPFilterSettings()

    package init() {}

    /// The prefix without slashes at its end: `/a` for `/a/`, and the empty string for `/`.
    package var normalizedPathPrefix: String {
        var prefix = Substring(pathPrefix)
        while prefix.hasSuffix("/") { prefix.removeLast() }
        return String(prefix)
    }

    package static let title = "Buckets"
    package static let prose = "Path prefixes and the origins that answer below them; the longest prefix wins."
    package static let fields: [Field<BucketSettings>] = [
        Field(
            "name", \.name,
            TextRule(pattern: "^.{1,128}$", expectation: "a name of at most 128 letters") { $0.count <= 128 },
            isRequired: true, "What logs and metrics call the bucket; unique.", examples: ["products"]),
        Field(
            "path_prefix", \.pathPrefix, prefixRule, isRequired: true,
            "Paths at or below this prefix belong to the bucket; the key is what follows. Unique; `/a` and `/a/` are one.",
            examples: ["/products", "/"]),
        Field("s3", section: \.s3, isRequired: true),
        Field("auth", section: \.auth).refusingNull("say `auth: {enabled: …}`, or take the key out"),
        Field("cache", section: \.cache),
        Field("cors", section: \.cors),
        Field("ip_filter", section: \.ipFilter),
    ]

    private static let prefixRule = TextRule(pattern: "^/", expectation: "a path that starts with `/`") {
        $0.hasPrefix("/")
    }

    package func check(_ report: inout SectionReport) {
        if let problem = prefixProblem { report.error(at: "path_prefix", problem.message, hint: problem.hint) }
    }

    /// A prefix is compared with decoded paths (RTE-2), so that what a client never sends there would never match.
    private var prefixProblem: (message: String, hint: String?)? {
        let bytes = Array(pathPrefix.utf8)
        if bytes.contains(UInt8(ascii: "?")) || bytes.contains(UInt8(ascii: "#")) {
            return ("must not hold a query or a fragment", nil)
        }
        if bytes.contains(UInt8(ascii: "%")) {
            return (
                "must not hold percent escapes", "write the characters themselves: it is compared with decoded paths"
            )
        }
        if bytes.contains(UInt8(ascii: "\\")) { return ("must not hold a backslash", "write `/`") }
        if pathPrefix.contains("//") { return ("must not hold `//`", nil) }
        let segments = bytes.split(separator: UInt8(ascii: "/"))
        if segments.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) {
            return ("must not hold the segments `.` and `..`", nil)
        }
        return bytes.count > 1_024 ? ("must not be longer than 1024 bytes", nil) : nil
    }
}
