import ConfigSchema
import Settings
import Testing

/// A text and the whole of what an operator reads about it.
struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    var yaml: String
    var report: String
    var environment: [String: String] = [:]

    var testDescription: String { name }
}

@Suite struct DiagnosticTests {
    @Test(
        "CFG-4: a problem is told with its place, its line, a caret and a hint",
        arguments: [
            Golden(
                name: "misspelt key",
                yaml: """
                    server:
                      port: 8080
                    buckets:
                      - name: a
                        path_prefx: /a
                        s3: {bucket: abc, credentials: anonymous}
                    """,
                report: """
                    config.yaml:5:5: error: unknown key `path_prefx` in buckets[0]
                      5 |     path_prefx: ***
                        |     ^~~~~~~~~~ did you mean `path_prefix`?
                    """),
            Golden(
                name: "several problems at once, in the order of the text",
                yaml: """
                    server:
                      port: 99999
                      threads: many
                      request_timeout: 5x
                    logging: {level: inf}
                    buckets:
                      - name: a
                        path_prefix: a
                        s3:
                          bucket: abc
                          region:
                          secret_key: ${SECRET}
                    """,
                report: """
                    config.yaml:2:9: error: `server.port` must be between 0 and 65535
                      2 |   port: 99999
                        |         ^~~~~
                    config.yaml:3:12: error: `server.threads` must be `auto` or an integer
                      3 |   threads: many
                        |            ^~~~
                    config.yaml:4:20: error: `server.request_timeout` must be a number of seconds, or a time such as `250ms`, `30s`, `5m`, `1h`
                      4 |   request_timeout: 5x
                        |                    ^~
                    config.yaml:5:18: error: `logging.level` must be one of `trace`, `debug`, `info`, `warn`, `error`
                      5 | logging: {level: inf}
                        |                  ^~~ did you mean `info`?
                    config.yaml:8:18: error: `buckets[0].path_prefix` must be a path that starts with `/`
                      8 |     path_prefix: a
                        |                  ^
                    config.yaml:9:5: error: `buckets[0].s3.access_key` is required
                      9 |     s3:
                        |     ^~ or say `credentials: anonymous` for a public bucket
                    config.yaml:12:19: error: environment variable `SECRET` is not set, and `buckets[0].s3.secret_key` needs it
                      12 |       secret_key: ${SECRET}
                         |                   ^~~~~~~~~
                    """),
            Golden(
                name: "wrong kinds",
                yaml: """
                    server: [1]
                    metrics: yes
                    logging:
                      access_log: yes
                      level: [info]
                    buckets: {name: a}
                    """,
                report: """
                    config.yaml:1:9: error: `server` must be a mapping, not a list
                      1 | server: [***]
                        |         ^~~~~
                    config.yaml:2:10: error: `metrics` must be a mapping, not a string
                      2 | metrics: ***
                        |          ^~~
                    config.yaml:4:15: error: `logging.access_log` must be `true` or `false`
                      4 |   access_log: yes
                        |               ^~~ write `true` or `false`
                    config.yaml:5:10: error: `logging.level` must be one of `trace`, `debug`, `info`, `warn`, `error`, not a list
                      5 |   level: [***]
                        |          ^~~~~
                    config.yaml:6:11: error: `buckets` must be a list, not a mapping
                      6 | buckets: {***: ***}
                        |           ^~~ begin each item with `- `
                    """),
            Golden(
                name: "nothing where something is required",
                yaml: """
                    buckets:
                      - name:
                        path_prefix: ${PREFIX:-}
                        s3:
                    """,
                report: """
                    config.yaml:2:5: error: `buckets[0].name` is required, and is empty here
                      2 |   - name:
                        |     ^~~~
                    config.yaml:3:18: error: `buckets[0].path_prefix` is required, and is empty here
                      3 |     path_prefix: ${PREFIX:-}
                        |                  ^~~~~~~~~~~
                    config.yaml:4:5: error: `buckets[0].s3.bucket` is required
                      4 |     s3:
                        |     ^~
                    config.yaml:4:5: error: `buckets[0].s3.access_key` is required
                      4 |     s3:
                        |     ^~ or say `credentials: anonymous` for a public bucket
                    config.yaml:4:5: error: `buckets[0].s3.secret_key` is required
                      4 |     s3:
                        |     ^~ or say `credentials: anonymous` for a public bucket
                    """),
            Golden(
                name: "no buckets at all",
                yaml: "server: {port: 1}\n",
                report: """
                    config.yaml:1:1: error: `buckets` is required
                      1 | server: {port: 1}
                        | ^
                    """),
            Golden(
                name: "an empty list of buckets",
                yaml: "buckets: []\n",
                report: """
                    config.yaml:1:10: error: `buckets` must have at least 1 item
                      1 | buckets: []
                        |          ^~
                    """),
            Golden(
                name: "what YAML allows and a configuration does not",
                yaml: """
                    server: &server {port: 1}
                    metrics: {<<: *server, port: 9090}
                    logging: !!map {level: info}
                    ? [a]
                    : b
                    server: {port: 2}
                    buckets: [{name: a, path_prefix: /a, s3: {bucket: abc, credentials: anonymous}}]
                    """,
                report: """
                    config.yaml:2:11: error: merge keys (`<<`) are not supported
                      2 | metrics: {***: ***, port: 9090}
                        |           ^~~ write the keys out
                    config.yaml:3:10: error: tags are not supported
                      3 | logging: ***level: info}
                        |          ^~~ the type follows from the key; remove the tag
                    config.yaml:4:3: error: a key must be a plain name
                      4 | ? [***]
                        |   ^~~~~
                    config.yaml:6:1: error: the key `server` is given twice
                      6 | server: {***: ***}
                        | ^~~~~~ the first one is on line 1
                    """),
            Golden(
                name: "a second document",
                yaml: "buckets: []\n---\nserver: {}\n",
                report: """
                    config.yaml:2:1: error: only one document is read
                      2 | ---
                        | ^~~ remove the `---` and what follows it
                    """),
            Golden(
                name: "an alias without an anchor",
                yaml: "buckets: *nowhere\n",
                report: """
                    config.yaml:1:10: error: the alias names no anchor above it
                      1 | buckets: ***
                        |          ^~~
                    config.yaml:1:10: error: `buckets` is required, and is empty here
                      1 | buckets: ***
                        |          ^~~
                    """),
        ])
    func golden(_ golden: Golden) {
        #expect(report(on: golden.yaml, environment: golden.environment) == golden.report)
    }

    @Test("CFG-4: the number of diagnostics is bounded, and the others are counted")
    func bounded() {
        let keys = (0..<500).map { "unknown_\($0): 1" }.joined(separator: "\n")
        let diagnostics = complaints(about: keys)
        #expect(diagnostics.count == Diagnostic.limit + 1)
        #expect(diagnostics.last?.description == "config.yaml: error: and 401 more")
    }

    @Test("CFG-4: a long line is cut around the caret")
    func longLine() {
        let padding = String(repeating: " ", count: 5_000)
        let text = report(on: "server: {\(padding)prot: 1\(padding)}")
        #expect(text.contains("did you mean `port`?"))
        for line in text.split(separator: "\n") { #expect(line.count < 220) }
    }

    @Test("CFG-4: what could steer a terminal is not written to it")
    func terminal() {
        let text = report(on: "server: {address: \"\u{202E}\u{2066}x\"}")
        #expect(text.contains("server.address"))
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(!text.unicodeScalars.contains("\u{2066}"))
    }

    @Test("CFG-4: lines are counted as YAML counts them", arguments: ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"])
    func lineBreaks(_ lineBreak: String) {
        let text = ["server:", "  prot: 1", "buckets: 5"].joined(separator: lineBreak)
        let diagnostics = complaints(about: text)
        #expect(diagnostics.map(\.line) == [2, 3])
        #expect(diagnostics.first?.description.contains("  2 |   prot: ***") == true)
    }

    @Test("CFG-4: a byte order mark is not a column")
    func byteOrderMark() {
        #expect(complaints(about: "\u{FEFF}prot: 1").first.map { [$0.line, $0.column] } == [1, 1])
    }
}
