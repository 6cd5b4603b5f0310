import ConfigSchema
import Settings
import Testing

/// Settings that only together are wrong, and the diagnostic that names them.
struct Rule: Sendable, CustomTestStringConvertible {
    var settings: [String: String?]
    var message: String

    init(_ settings: [String: String?], _ message: String) {
        self.settings = settings
        self.message = message
    }

    var sample: Sample {
        settings.sorted { $0.key < $1.key }.reduce(Sample()) { $0.with($1.key, $1.value) }
    }

    var testDescription: String { "\(sample.yaml): \(message)" }
}

@Suite struct RuleTests {
    private static func two(_ first: String, _ second: String) -> String {
        """
        [{name: a, path_prefix: \(first), s3: {bucket: abc, credentials: anonymous}}, \
        {name: b, path_prefix: \(second), s3: {bucket: abc, credentials: anonymous}}]
        """
    }

    @Test(
        "RTE-5, RTE-1: two buckets with one prefix are refused",
        arguments: [
            ("/a", "/a"), ("/a", "/a/"), ("/a/", "/a"), ("/a///", "/a"), ("/", "/"), ("/a/b", "/a/b/"), ("/é", "/é"),
        ])
    func samePrefix(_ first: String, _ second: String) {
        let found = complaints(about: "buckets: " + Self.two(first, second)).map(\.message)
        // A prefix with `//` is refused for that already.
        #expect(found.contains("`buckets[1].path_prefix` is the prefix of `buckets[0]` already"))
    }

    @Test(
        "RTE-1: different prefixes stand side by side",
        arguments: [
            ("/a", "/ab"), ("/a", "/a/b"), ("/", "/a"), ("/a", "/A"), ("/\u{E9}", "/e\u{301}"),
            ("/healthy", "/ready-made"),
            ("/metricsx", "/administration"), ("/my files", "/a.b"), ("/...", "/a/..b"),
        ])
    func differentPrefixes(_ first: String, _ second: String) {
        #expect(complaints(about: "buckets: " + Self.two(first, second)).map(\.description) == [])
    }

    @Test(
        "RTE-5: a prefix at or below the proxy's own paths is refused",
        arguments: [
            "/health", "/health/", "/health/x", "/ready", "/ready/x/y", "/metrics", "/metrics/", "/admin",
            "/admin/cache",
        ])
    func reserved(_ prefix: String) {
        let found = complaints(about: Sample("buckets[0].path_prefix", prefix).yaml)
        #expect(found.map(\.message) == ["`buckets[0].path_prefix` belongs to the proxy itself"])
    }

    @Test(
        "RTE-5: `/metrics` is free where the metrics have a listener of their own or none",
        arguments: [
            ("metrics.port", "9090"), ("metrics.enabled", "false"),
        ])
    func freeMetrics(_ key: String, _ value: String) {
        let sample = Sample("buckets[0].path_prefix", "/metrics").with(key, value)
        #expect(complaints(about: sample.yaml).isEmpty)
    }

    @Test(
        "CFG-5: prefixes that no client could ever match are refused",
        arguments: [
            ("/a?b", "must not hold a query or a fragment"), ("\"/a#b\"", "must not hold a query or a fragment"),
            ("/a%20b", "must not hold percent escapes"), ("/a//b", "must not hold `//`"), ("//", "must not hold `//`"),
            ("/.", "must not hold the segments `.` and `..`"), ("/a/../b", "must not hold the segments `.` and `..`"),
            ("/a/..", "must not hold the segments `.` and `..`"), ("/./a", "must not hold the segments `.` and `..`"),
            ("/a\\b", "must not hold a backslash"), ("a", "must be a path that starts with `/`"),
            ("\"\"", "must not be empty"), ("\"/a\\n\"", "must not hold line breaks or other control characters"),
        ])
    func prefixes(_ prefix: String, _ message: String) {
        let found = complaints(about: Sample("buckets[0].path_prefix", prefix).yaml).map(\.message)
        #expect(found == ["`buckets[0].path_prefix` \(message)"])
    }

    @Test("CFG-5: a repeated item is counted by its place in the list, refused items included")
    func repeatedItem() {
        let list = "[a.com, \"https://b.com\", \"https://c.com\", \"https://c.com\"]"
        let path = "buckets[0].cors.allow_origins"
        #expect(complaints(about: Sample(path, list).yaml).last?.message == "`\(path)[3]` repeats `\(path)[2]`")
    }

    @Test("CFG-5: bucket names are unique")
    func sameName() {
        let text = "buckets: " + Self.two("/a", "/b").replacing("name: b", with: "name: a")
        #expect(complaints(about: text).map(\.message) == ["`buckets[1].name` is the name of `buckets[0]` already"])
    }

    @Test(
        "CFG-5: rules between settings",
        arguments: [
            Rule(["buckets[0].s3.access_key": nil], "`buckets[0].s3.access_key` is required"),
            Rule(["buckets[0].s3.secret_key": nil], "`buckets[0].s3.secret_key` is required"),
            Rule(["buckets[0].s3.secret_key": "null"], "`buckets[0].s3.secret_key` is required"),
            Rule(["buckets[0].s3.secret_key": "\"${X:-}\""], "`buckets[0].s3.secret_key` is required"),
            Rule(
                ["buckets[0].s3.credentials": "static", "buckets[0].s3.access_key": nil],
                "`buckets[0].s3.access_key` is required"),
            Rule(
                ["buckets[0].s3.credentials": "anonymous", "buckets[0].s3.access_key": nil],
                "`buckets[0].s3.secret_key` has no use with `credentials: anonymous`"),
            Rule(
                [
                    "buckets[0].s3.credentials": "anonymous", "buckets[0].s3.access_key": nil,
                    "buckets[0].s3.secret_key": nil,
                    "buckets[0].s3.session_token": "abc",
                ], "`buckets[0].s3.session_token` has no use with `credentials: anonymous`"),
            Rule(
                ["buckets[0].s3.addressing": "virtual", "buckets[0].s3.bucket": "Old_Bucket"],
                "`buckets[0].s3.bucket` must be of lower-case letters, digits, dots and hyphens with `addressing: virtual`"
            ),
            Rule(
                ["buckets[0].s3.addressing": "virtual", "buckets[0].s3.endpoint": "\"http://127.0.0.1:9000\""],
                "`buckets[0].s3.addressing` cannot be `virtual` with an endpoint that is an IP address"),
            Rule(
                ["buckets[0].s3.tls.ca_path": "/dev/null", "buckets[0].s3.endpoint": "\"http://minio\""],
                "`buckets[0].s3.tls.ca_path` has no use with an `http` endpoint"),
            Rule(["metrics.address": "127.0.0.1"], "`metrics.address` needs `metrics.port` beside it"),
            Rule(["metrics.port": "8080"], "`metrics.port` is the port of `server` already"),
            Rule(
                ["metrics.port": "8080", "metrics.address": "127.0.0.1"],
                "`metrics.port` is the port of `server` already"),
            Rule(
                ["server.security_limits.max_uri_length": "64KiB", "server.security_limits.max_header_size": "8KiB"],
                "`server.security_limits.max_uri_length` must not be larger than `max_header_size`"),
            Rule(
                ["buckets[0].cors.allow_origins": "[a://b, a://b]"],
                "`buckets[0].cors.allow_origins[1]` repeats `buckets[0].cors.allow_origins[0]`"),
            Rule(
                ["buckets[0].cors.allow_origins": "[~]"],
                "`buckets[0].cors.allow_origins[0]` must be `*`, or an origin such as `https://app.example.com` without a path, not nothing"
            ),
            Rule(
                ["buckets[0].cors.allow_origins": "\"*\""],
                "`buckets[0].cors.allow_origins` must be a list, not a string"),
            Rule(
                ["buckets[0].s3.bucket": "123"],
                "`buckets[0].s3.bucket` must be 3 to 63 letters, digits, dots, hyphens, with a letter or digit at both ends, not an integer"
            ),
            Rule(["buckets[0].s3.secret_key": "123"], "`buckets[0].s3.secret_key` must be a string, not an integer"),
            Rule(["buckets[0].name": "null"], "`buckets[0].name` is required, and is empty here"),
        ])
    func rules(_ rule: Rule) {
        #expect(complaints(about: rule.sample.yaml).map(\.message) == [rule.message])
    }

    @Test(
        "CFG-5: keys and tokens that no header field can hold are refused, with the place and without the value",
        arguments: [
            ("access_key", "AK ID"), ("access_key", "AKÍD"), ("access_key", "AK,ID"), ("access_key", "AK/ID"),
            ("access_key", "AK=ID"), ("session_token", "to ken"), ("session_token", "tokén"),
        ])
    func keyCharacters(_ key: String, _ value: String) {
        let direct = complaints(about: Sample("buckets[0].s3.\(key)", "\"\(value)\"").yaml)
        let substituted = report(on: Sample("buckets[0].s3.\(key)", "\"${X}\"").yaml, environment: ["X": value])
        let start = "`buckets[0].s3.\(key)` must be of visible ASCII characters"
        #expect(direct.count == 1 && direct.allSatisfy { $0.message.hasPrefix(start) && $0.line == 1 && $0.column > 1 })
        #expect(substituted.contains(start) && substituted.contains("^"))
        for text in direct.map(\.description) + [substituted] { #expect(!text.contains(value)) }
    }

    @Test(
        "CFG-5: what is unusual and right",
        arguments: [
            ["buckets[0].path_prefix": "/"],
            ["buckets[0].s3.bucket": "Old_Bucket.x"],
            ["buckets[0].s3.access_key": "a-b_c.d+e:f", "buckets[0].s3.session_token": "\"a/b+c=,d\""],
            [
                "buckets[0].s3.access_key": nil, "buckets[0].s3.secret_key": nil,
                "buckets[0].s3.credentials": "anonymous",
            ],
            ["metrics.port": "8080", "metrics.address": "127.0.0.1", "server.address": "127.0.0.2"],
            ["metrics.port": "0", "server.port": "0"],
            ["metrics.port": "8080", "metrics.enabled": "false"],
            ["server": "null", "metrics": "~", "logging": ""],
            [
                "buckets[0].cors.allow_origins":
                    "[\"*\", chrome-extension://abc, http://localhost:3000, \"http://[::1]:3000\"]"
            ],
        ] as [[String: String?]])
    func unusual(_ settings: [String: String?]) {
        #expect(complaints(about: Rule(settings, "").sample.yaml).map(\.description) == [])
    }

    @Test(
        "CFG-5: bucket names, regions, origins and headers that are none",
        arguments: [
            (
                "buckets[0].s3.bucket",
                ["ab", "-abc", "abc-", "a b c", "a/b/c", "a..b", "ábc", String(repeating: "a", count: 64)]
            ),
            ("buckets[0].s3.region", ["us east", "eu/1", "-eu", "eu_1", "eu.1", String(repeating: "a", count: 64)]),
            (
                "buckets[0].cors.allow_origins",
                [
                    "[a.example]", "[https://a/]", "[https://a/b]", "[\"https://a?b\"]", "[https://u@a]",
                    "[\"https://*.a\"]", "[//a]", "[1://a]", "[\"https://\"]", "[null]", "[[a]]", "[1]",
                ]
            ),
            ("buckets[0].cors.allow_headers", ["[a b]", "[\"a:\"]", "[é]", "[\"\"]"]),
            ("buckets[0].name", [String(repeating: "a", count: 129), "\"a\\tb\"", "\"\""]),
        ])
    func texts(_ path: String, _ values: [String]) {
        for value in values {
            let found = complaints(about: Sample(path, value).yaml).map(\.message)
            #expect(found.count == 1 && found[0].hasPrefix("`\(path)"), "\(value): \(found)")
        }
    }
}
