import Testing

@testable import ConfigSchema

@Suite struct ValueTextTests {
    @Test(
        "CFG-6: a plain scalar's kind is YAML 1.2's",
        arguments: [
            ("", PlainKind.null), ("~", .null), ("null", .null), ("NULL", .null), ("nUll", .string),
            ("true", .boolean), ("False", .boolean), ("yes", .string), ("on", .string), ("tRue", .string),
            ("0", .integer), ("-12", .integer), ("+12", .integer), ("0x1F", .integer), ("0o17", .integer),
            ("010", .integer),
            ("0x", .string), ("0o8", .string), ("0xg", .string), ("-", .string), ("+", .string), ("1_000", .string),
            ("99999999999999999999999", .integer),
            ("1.5", .float), (".5", .float), ("5.", .float), ("-1e3", .float), ("1e", .string), ("1e+", .string),
            (".", .string),
            (".inf", .float), ("-.INF", .float), (".nan", .float), ("-.nan", .string), ("1.2.3", .string),
            ("1:30", .string),
            ("30s", .string), ("é", .string),
        ])
    func kinds(_ text: String, _ kind: PlainKind) {
        #expect(PlainKind(text) == kind)
    }

    @Test(
        "CFG-6: integers are read, whatever their base, and do not overflow",
        arguments: [
            ("12", 12), ("-12", -12), ("+12", 12), ("0x1F", 31), ("0o17", 15), ("010", 10), ("x", nil), ("0x", nil),
            ("9223372036854775807", Int.max), ("9223372036854775808", nil), ("0xFFFFFFFFFFFFFFFFFF", nil),
        ] as [(String, Int?)])
    func integers(_ text: String, _ number: Int?) {
        #expect(PlainKind.integer(text) == number)
    }

    @Test(
        "CFG-6: times",
        arguments: [
            ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0), ("007s", 7_000),
            ("s", nil), ("", nil), ("5", nil), ("-5s", nil), ("+5s", nil), ("5 s", nil), ("1.5s", nil), ("5S", nil),
            ("5d", nil),
            ("1h30m", nil), ("٣s", nil), ("99999999999999999999h", Int.max), ("9223372036854775807h", Int.max),
        ] as [(String, Int?)])
    func times(_ text: String, _ milliseconds: Int?) {
        #expect(DurationText.milliseconds(text) == milliseconds)
    }

    @Test(
        "CFG-6: sizes",
        arguments: [
            ("64KiB", 65_536), ("10MiB", 10_485_760), ("1GiB", 1 << 30), ("2TiB", 2 << 40), ("1KB", 1_000),
            ("3MB", 3_000_000),
            ("1GB", 1_000_000_000), ("1TB", 1_000_000_000_000), ("0KiB", 0),
            ("KiB", nil), ("5", nil), ("5B", nil), ("5kb", nil), ("5 KiB", nil), ("-5KiB", nil), ("1.5GiB", nil),
            ("99999999999999999999TiB", Int.max), ("9223372036854775807KiB", Int.max),
        ] as [(String, Int?)])
    func sizes(_ text: String, _ bytes: Int?) {
        #expect(ByteCountText.bytes(text) == bytes)
    }

    @Test(
        "CFG-6: times and sizes are written as they are read", arguments: [0, 1, 250, 1_000, 90_000, 60_000, 3_600_000])
    func described(_ milliseconds: Int) {
        let text = DurationText.describe(.milliseconds(milliseconds))
        #expect(milliseconds == 0 ? text == "0" : DurationText.milliseconds(text) == milliseconds)
        let size = ByteCountText.describe(milliseconds * 1_024)
        #expect(milliseconds == 0 ? size == "0" : ByteCountText.bytes(size) == milliseconds * 1_024)
    }

    @Test(
        "CFG-4: the key that was meant",
        arguments: [
            ("path_prefx", "path_prefix"), ("PATH_PREFIX", "path_prefix"), ("pathPrefix", "path_prefix"),
            ("nmae", "name"),
            ("prot", "port"), ("path-prefix", "path_prefix"), ("xyz", nil), ("", nil), ("pa", nil), ("s4", nil),
            ("S3", "s3"),
        ] as [(String, String?)])
    func nearest(_ typed: String, _ meant: String?) {
        #expect(EditDistance.nearest(to: typed, among: ["name", "path_prefix", "port", "s3"]) == meant)
    }

    @Test("CFG-4: a very long key is not compared")
    func longKey() {
        #expect(EditDistance.nearest(to: String(repeating: "a", count: 1_000_000), among: ["name"]) == nil)
    }

    @Test("CFG-6: JSON text is escaped")
    func json() {
        let value = JSONValue.object([
            .init("a\"\\\n\u{1}", .array([.null, .boolean(true), .integer(-1), .string("é")]))
        ])
        #expect(value.text == "{\n  \"a\\\"\\\\\\n\\u0001\": [null, true, -1, \"é\"]\n}")
        #expect(JSONValue.object([]).text == "{}")
        #expect(JSONValue.array([.object([])]).text == "[\n  {}\n]")
    }
}
