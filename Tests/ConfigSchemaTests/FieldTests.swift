import Testing

@testable import ConfigSchema

/// A section with every kind of field.
struct Sample: SettingsSection {
    enum Mode: String, ChoiceSetting { case fast, safe }

    struct Place: SecretTextSetting {
        static let rule = TextRule(pattern: "^at .+", expectation: "a place such as `at home`") { Place($0) != nil }
        var name: String

        init?(_ text: String) {
            guard text.hasPrefix("at ") else { return nil }
            name = String(text.dropFirst(3))
        }
    }

    struct Inner: SettingsSection {
        var word = "${UNSET}"

        static let title = "Inner"
        static let prose = "Inside."
        static let fields: [Field<Inner>] = [Field("word", \.word, .any, "A word.")]
    }

    var failureThreshold = 5
    var interval = Duration.milliseconds(1_500)
    var intervalMs = Duration.milliseconds(100)
    var size = 1_024
    var sizeMb = 3 * 1_048_576
    var workers = AutoOr<Int>.auto
    var mode = Mode.safe
    var maybe: Int?
    var token: Secret?
    var names: [String] = []
    var flag: Bool?
    var limitMb: Int?
    var modes = [Mode.safe]
    var place: Place?
    var inner = Inner()

    static let title = "Sample"
    static let prose = "A sample."
    static let fields: [Field<Sample>] = [
        Field("failure_threshold", \.failureThreshold, in: 1...1_000, "Failures | in a row."),
        Field("interval", \.interval, in: .zero...(.seconds(10)), "Time."),
        Field("interval_ms", \.intervalMs, in: .milliseconds(10)...(.seconds(1)), "Time."),
        Field("size", bytes: \.size, in: 1_024...4_096, "Size."),
        Field("size_mb", bytes: \.sizeMb, in: 1...(1 << 30), "Size."),
        Field("workers", \.workers, in: 1...8, "Workers."),
        Field("mode", \.mode, "Mode."),
        Field("maybe", \.maybe, in: 0...9, "Perhaps."),
        Field("token", \.token, .any, "Token."),
        Field("names", \.names, each: .any, atMost: 3, "Names.", examples: ["a"]),
        Field("flag", \.flag, "Flag."),
        Field("limit_mb", bytes: \.limitMb, in: 1...(1 << 30), "Limit."),
        Field("modes", \.modes, "Modes."),
        Field("place", secret: \.place, "Place.", examples: ["at home"]),
        Field("inner", section: \.inner),
    ]

    func check(_ report: inout SectionReport) {
        if failureThreshold == 13 { report.error(at: "failure_threshold", "is unlucky") }
        if size == 1_024, maybe == 0 { report.error(at: "", "is odd") }
    }
}

@Suite struct FieldTests {
    private func read(_ text: String, _ environment: [String: String] = [:]) throws -> Reading<Sample> {
        try #require(Reading<Sample>(Array(text.utf8), name: "t", environment: environment))
    }

    @Test(
        "CFG-6: a value takes the unit of its key's name",
        arguments: [
            ("interval: 2", Duration.seconds(2), \Sample.interval), ("interval: 20ms", .milliseconds(20), \.interval),
            ("interval_ms: 20", .milliseconds(20), \.intervalMs), ("interval_ms: 1s", .seconds(1), \.intervalMs),
        ])
    func times(_ text: String, _ time: Duration, _ property: any KeyPath<Sample, Duration> & Sendable) throws {
        let reading = try read(text)
        #expect(reading.diagnostics() == [])
        #expect(reading.value[keyPath: property] == time)
    }

    @Test("CFG-6: sizes are in bytes, or mebibytes where the key says so")
    func sizes() throws {
        #expect(try read("size: 2048").value.size == 2_048)
        #expect(try read("size: 2KiB").value.size == 2_048)
        #expect(try read("size_mb: 2").value.sizeMb == 2 * 1_048_576)
        #expect(try read("size_mb: 512KiB").value.sizeMb == 524_288)
        #expect(try read("size_mb: 9223372036854775807").diagnostics().count == 1)
    }

    @Test("CFG-6: a size, a boolean, or a text with a secret may be absent")
    func optionals() throws {
        let bare = try read("mode: fast").value
        #expect(bare.flag == nil && bare.limitMb == nil && bare.place == nil)
        let full = try read("flag: false\nlimit_mb: 10\nplace: at home")
        #expect(full.diagnostics() == [])
        #expect(full.value.flag == false && full.value.limitMb == 10_485_760 && full.value.place?.name == "home")
        #expect(try read("limit_mb: 512KiB").value.limitMb == 524_288)
        #expect(try read("flag: ~\nlimit_mb: ~\nplace: ~").value == Sample())
        let wrong = try read("limit_mb: 0").diagnostics().map(\.message)
        #expect(wrong == ["`limit_mb` must be between 1 and 1GiB"])
    }

    @Test("CFG-4: a text with a secret is checked and never shown")
    func secretText() throws {
        let wrong = try read("place: in hiding").diagnostics()
        #expect(wrong.map(\.message) == ["`place` must be a place such as `at home`"])
        #expect(wrong.allSatisfy { !$0.description.contains("hiding") })
        let beside = try read("{place: at sea, modes: x}").diagnostics()
        #expect(beside.count == 1 && beside.allSatisfy { !$0.description.contains("sea") })
    }

    @Test("CFG-4: a list of names takes each once, and says what was meant")
    func choices() throws {
        #expect(try read("modes: [fast, safe]").value.modes == [.fast, .safe])
        #expect(try read("modes: []").value.modes == [])
        #expect(try read("modes: [fast, fast]").diagnostics().map(\.message) == ["`modes[1]` repeats `modes[0]`"])
        let wrong = try read("modes: [fas]").diagnostics()
        #expect(wrong.map(\.message) == ["`modes[0]` must be one of `fast`, `safe`"])
        #expect(wrong.map(\.hint) == ["did you mean `fast`?"])
        #expect(try read("modes: [fast, safe, fast]").diagnostics().map(\.message) == ["`modes` has more than 2 items"])
    }

    @Test("CFG-6: what is not said keeps its default, and a default is never evaluated")
    func untouched() throws {
        for text in ["mode: fast", "mode: fast\ninner:", "mode: fast\ninner: {}", "mode: fast\ninner: {word: ~}"] {
            let reading = try read(text)
            #expect(reading.diagnostics() == [])
            var expected = Sample()
            expected.mode = .fast
            #expect(reading.value == expected)
            #expect(reading.value.inner.word == "${UNSET}")
        }
        #expect(try read("inner: {word: \"${UNSET}\"}").diagnostics().count == 1)
    }

    @Test(
        "CFG-3: `${X:-}` counts as absent, quoted or not",
        arguments: [
            "failure_threshold: ${X:-}", "maybe: \"${X:-}\"", "mode: ${X:-}", "token: ${E}", "workers: '${E}'",
            "inner: {word: \"${X:-}\"}",
        ])
    func absent(_ text: String) throws {
        let reading = try read(text, ["E": ""])
        #expect(reading.diagnostics() == [])
        #expect(reading.value == Sample())
    }

    @Test(
        "CFG-3: values are typed after substitution, and stay data",
        arguments: [
            "failure_threshold: ${N}", "failure_threshold: \"${N}\"", "failure_threshold: 1${TWO}", "maybe: null",
            "failure_threshold: 12 # ${UNSET} in a comment",
        ])
    func typed(_ text: String) throws {
        let reading = try read(text, ["N": "12", "TWO": "2"])
        #expect(reading.diagnostics() == [])
        #expect(reading.value.failureThreshold == (text.hasPrefix("maybe") ? 5 : 12))
    }

    @Test("CFG-3: no value can inject YAML")
    func injection() throws {
        let hostile = "x\nmode: fast\n# "
        let reading = try read(
            "token: ${X}\nnames: [\"${Y}\"]\ninner: {word: \"${Z}\"}", ["X": hostile, "Y": "a, b]", "Z": "{a: b}"])
        #expect(reading.value.mode == .safe)
        #expect(reading.value.names == ["a, b]"])
        #expect(reading.value.inner.word == "{a: b}")
        #expect(
            reading.diagnostics().map(\.message) == ["`token` must not hold line breaks or other control characters"])
    }

    @Test("CFG-5: a section checks itself; what was refused already is not reported twice")
    func checks() throws {
        #expect(try read("failure_threshold: 13").diagnostics().map(\.message) == ["`failure_threshold` is unlucky"])
        #expect(try read("maybe: 0").diagnostics().map(\.message) == ["the file is odd"])
        var reading = try read("failure_threshold: x\ninner: {word: 5}")
        reading.error(at: "failure_threshold", "is wrong")
        reading.error(at: "inner.word.more", "is wrong")
        reading.error(at: "inner", "is wrong too")
        reading.error(at: "inner", "is wrong twice")
        #expect(
            reading.diagnostics().map(\.message) == [
                "`failure_threshold` must be an integer", "`inner` is wrong too",
                "`inner.word` must be a string, not an integer",
            ])
    }

    @Test("CFG-4: lists are bounded, and each item is named")
    func lists() throws {
        #expect(try read("names: [a, b, c]").value.names == ["a", "b", "c"])
        #expect(try read("names: [a, b, c, d]").diagnostics().map(\.message) == ["`names` has more than 3 items"])
        #expect(
            try read("names: [a, [b], a]").diagnostics().map(\.message) == [
                "`names[1]` must be a string, not a list", "`names[2]` repeats `names[0]`",
            ])
    }

    @Test("CFG-6: the schema holds title, description, default, bounds, names and examples")
    func schema() {
        let schema = JSONSchema.text(of: Sample.self)
        for part in [
            "\"title\": \"Failure threshold\"", "\"description\": \"Failures | in a row.\"", "\"default\": 5",
            "\"default\": \"1500ms\"", "\"default\": 100", "\"default\": 3,", "\"maximum\": 1000",
            "\"enum\": [\"fast\", \"safe\"]",
            "\"enum\": [\"auto\"]", "\"uniqueItems\": true", "\"maxItems\": 3",
            "\"examples\": [\n        [\"a\"]\n      ]",
            "\"type\": [\"object\", \"null\"]", "\"title\": \"Inner\"", "\"default\": \"${UNSET}\"",
        ] { #expect(schema.contains(part), "\(part)") }
    }

    @Test("CFG-6: the reference page has a row for each key, and no cell breaks its table")
    func page() {
        let page = ReferencePage.text(of: Sample.self)
        #expect(page.contains("| `failure_threshold` | integer, 1 to 1000 | `5` | Failures \\| in a row. |"))
        #expect(page.contains("| `interval_ms` | time in milliseconds, 10ms to 1s | `100` | Time. |"))
        #expect(page.contains("| `token` | string, secret |  | Token. |"))
        #expect(page.contains("| `limit_mb` | size in mebibytes, 1 to 1GiB |  | Limit. |"))
        #expect(page.contains("| `modes` | list of at most 2: `fast`, `safe` | `[\"safe\"]` | Modes. |"))
        #expect(page.contains("| `place` | string, secret |  | Place. For example `at home`. |"))
        #expect(page.contains("## `inner`"))
    }
}
