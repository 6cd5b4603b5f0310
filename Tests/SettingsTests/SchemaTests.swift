import Settings
import Testing

@testable import ConfigSchema

/// The schema is judged by python's jsonschema, which has no stake in it.
@Suite struct SchemaTests {
    @Test("CFG-6: the schema is draft-07 and accepts every example in the tree")
    func tree() throws {
        let (output, status) = try shell("python3 '\(root)/scripts/check-schema.py' 2>&1")
        #expect(status == 0, "\(output)")
        #expect(output.hasSuffix("6 files, 0 errors\n"))
    }

    /// Values of every kind, to be put at every key.
    private static let values = [
        "null", "true", "false", "yes", "0", "1", "3", "64", "80", "-1", "8080", "1024", "99999", "1000000000000000",
        "1.5",
        "auto", "info", "json", "path", "static", "text", "\"\"", "\"1\"", "\"true\"", "30s", "250ms", "5x", "64KiB",
        "1GiB",
        "7KB", "/a", "/a/b", "abc", "127.0.0.1", "\"::1\"", "\"[::1]\"", "localhost", "\"http://host:9000\"",
        "\"https://h/p\"",
        "\"${A}\"", "\"${A:-}\"", "\"${A}${B}\"", "\"a${A}\"", "[]", "{}", "[abc]", "[abc, abc]", "[\"*\"]",
        "[https://a]",
        "[1]", "[null]", "\"redis://u:p@host/1\"", "[memory]", "[redis, disk]", "{a: b}", "[{}]", "{enabled: true}",
        "{port: 1}",
    ]

    @Test("CFG-6: schema and decoder agree on every key and every kind of value")
    func agreement() throws {
        var texts: [String] = []
        for path in Self.paths(SectionShape(of: Configuration.self), at: "") {
            texts += Self.values.map { Sample(path, $0).yaml }
            texts.append(Sample(path, nil).yaml)
            texts.append(Sample(path + "x", "1").yaml)
        }
        #expect(texts.count > 2_000)
        let folder = try temporaryFolder()
        defer { _ = try? shell("rm -r \(folder)") }
        try write(Array(JSONValue.array(texts.map { .string($0) }).text.utf8), to: "\(folder)/texts.json")
        let (output, status) = try shell("python3 '\(root)/scripts/check-schema.py' --verdicts \(folder)/texts.json")
        #expect(status == 0)
        let verdicts = output.split(separator: "\n")
        try #require(verdicts.count == texts.count)
        for (text, verdict) in zip(texts, verdicts) {
            let found = complaints(about: text)
            if verdict == "invalid" {
                #expect(!found.isEmpty, "only the schema refuses \(text)")
            } else {
                let unexpected = found.filter { diagnostic in !Self.isBeyondSchema(diagnostic.message) }
                #expect(unexpected.isEmpty, "only the decoder refuses \(text)")
            }
        }
    }

    /// What no schema can say: rules between settings, variables that are not set, sums of units.
    private static func isBeyondSchema(_ message: String) -> Bool {
        let rules = [
            "environment variable", "is the port of", "beside it", "has no use with", "names a ", "is not there",
            "with `addressing: virtual`", "with an endpoint that", "not be larger than", "belongs to the proxy",
            "must not be off where", "without a way to check tokens", "has no key to check tokens", "exactly one of",
            "is required with `", "must be a list with", "must be a number with", "is the id of", "at least 1 item",
            "is false", "_key` is required", "is required where", "must be true where", "must name `",
            "of `redis_url`", "is required, and is empty here",
        ]
        return rules.contains(where: message.contains) || message.contains("must be between")
    }

    private static func paths(_ section: SectionShape, at path: String) -> [String] {
        section.fields.flatMap { field -> [String] in
            let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
            switch field.shape {
            case .section(let shape): return [inner] + paths(shape, at: inner)
            case .sections(let shape, _): return [inner] + paths(shape, at: inner + "[0]")
            default: return [inner]
            }
        }
    }
}
