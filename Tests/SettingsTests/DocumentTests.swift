import Glibc
import Settings
import Testing

@testable import ConfigSchema

/// Files of the tree that follow from the code. With YATAGARASU_GENERATE=1 the test writes them (`make generate`).
struct Generated: Sendable, CustomTestStringConvertible {
    var path: String
    var text: @Sendable () -> String

    var testDescription: String { path }

    static let all = [
        Generated(path: "config/yatagarasu.schema.json") { Configuration.jsonSchema },
        Generated(path: "config/reference.md") { Configuration.referencePage },
        Generated(path: "config/default.yaml") { DefaultConfiguration.text },
    ]
}

@Suite struct DocumentTests {
    private static let isGenerating = unsafe getenv("YATAGARASU_GENERATE") != nil

    @Test(
        "CFG-6, SHIP-2: the committed schema, reference page and default follow from the code", arguments: Generated.all
    )
    func generated(_ file: Generated) throws {
        let text = file.text()
        if Self.isGenerating { try write(Array(text.utf8), to: "\(root)/\(file.path)") }
        #expect(try contents(of: file.path) == text, "run `make generate`")
    }

    @Test("SHIP-2: the bundled default names the variables that it lacks")
    func missingVariables() {
        do throws(ConfigurationFailure) {
            _ = try Configuration.load(.bundled, environment: ["AWS_ACCESS_KEY_ID": "AKIA"])
            Issue.record("loaded without a bucket")
        } catch {
            guard case .invalid(let diagnostics) = error else {
                Issue.record(error)
                return
            }
            #expect(
                diagnostics.map(\.message) == [
                    "environment variable `S3_BUCKET` is not set, and `buckets[0].s3.bucket` needs it",
                    "environment variable `AWS_SECRET_ACCESS_KEY` is not set, and `buckets[0].s3.secret_key` needs it",
                ])
            #expect(diagnostics.allSatisfy { $0.file == "default configuration" })
        }
    }

    @Test("SHIP-2: the bundled default takes everything from the environment")
    func driven() throws {
        let needed = ["S3_BUCKET": "abc", "AWS_ACCESS_KEY_ID": "ak", "AWS_SECRET_ACCESS_KEY": "sk"]
        let plain = try Configuration.load(.bundled, environment: needed)
        #expect(plain.server == ServerSettings())
        #expect(plain.buckets.map(\.pathPrefix) == ["/"])
        #expect(plain.buckets.first?.s3.region == "us-east-1")
        #expect(plain.buckets.first?.s3.endpoint == nil)
        #expect(plain.buckets.first?.s3.sessionToken == nil)
        let more = [
            "S3_REGION": "eu-west-1", "S3_ENDPOINT": "http://minio:9000", "AWS_SESSION_TOKEN": "st",
            "PATH_PREFIX": "/x",
            "PORT": "9000",
        ]
        let full = try Configuration.load(.bundled, environment: needed.merging(more) { $1 })
        #expect(full.server.port == 9000)
        #expect(full.buckets.map(\.pathPrefix) == ["/x"])
        #expect(full.buckets.first?.s3.region == "eu-west-1")
        #expect(full.buckets.first?.s3.endpoint?.text == "http://minio:9000")
        #expect(full.buckets.first?.s3.sessionToken?.reveal() == "st")
    }

    private static let environment = [
        "S3_BUCKET": "example", "AWS_ACCESS_KEY_ID": "ak", "AWS_SECRET_ACCESS_KEY": "sk", "MINIO_ACCESS_KEY": "ak",
        "MINIO_SECRET_KEY": "sk", "FGA_STORE_ID": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ]

    @Test(
        "CFG-6: every example has a modeline and loads",
        arguments: [
            "config/default.yaml", "config/example.yaml", "examples/minio.yaml", "examples/aws.yaml",
            "examples/opa/config.yaml", "examples/openfga/config.yaml",
        ])
    func example(_ path: String) throws {
        let text = try contents(of: path)
        let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
        let schema = path.hasPrefix("config/") ? "yatagarasu.schema.json" : "\(up)config/yatagarasu.schema.json"
        #expect(text.hasPrefix("# yaml-language-server: $schema=\(schema)\n"))
        #expect(complaints(about: text, environment: Self.environment).map(\.description) == [])
    }

    @Test("CFG-6: no example is left out of these tests")
    func allExamples() throws {
        let found = try shell("cd '\(root)' && ls config/*.yaml examples/*.yaml examples/*/config.yaml").output.split(
            separator: "\n")
        #expect(
            found == [
                "config/default.yaml", "config/example.yaml", "examples/aws.yaml", "examples/minio.yaml",
                "examples/opa/config.yaml", "examples/openfga/config.yaml",
            ])
    }

    @Test("CFG-6: config/example.yaml shows every key")
    func completeExample() throws {
        let source = try #require(SourceText(name: "", bytes: Array(try contents(of: "config/example.yaml").utf8)))
        var tree = TreeBuilder()
        #expect(YAMLParser.parse(source) { tree.take($0) } == nil)
        let node = try #require(tree.root)
        #expect(Self.missing(SectionShape(of: Configuration.self), in: node, at: "") == [])
    }

    private static func missing(_ section: SectionShape, in node: Node, at path: String) -> [String] {
        guard case .mapping(let entries) = node.content else { return [path] }
        return section.fields.flatMap { field -> [String] in
            guard let entry = entries.first(where: { $0.key == field.name }) else { return ["\(path).\(field.name)"] }
            switch field.shape {
            case .section(let inner): return missing(inner, in: entry.value, at: "\(path).\(field.name)")
            case .sections(let inner, _):
                guard case .sequence(let items) = entry.value.content, let item = items.first else { return [path] }
                return missing(inner, in: item, at: "\(path).\(field.name)[0]")
            default: return []
            }
        }
    }
}
