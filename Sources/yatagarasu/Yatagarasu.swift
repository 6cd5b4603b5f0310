import ArgumentParser
import ConfigSchema
import Glibc
import Settings

/// The command line.
@main
struct Yatagarasu: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yatagarasu",
        abstract: "A read-only S3 proxy: objects over plain HTTP, streamed, signed and measured.",
        discussion: """
            Without --config the file config.yaml in the working directory is used when it is there, else the built-in \
            default, which is driven by the environment (S3_BUCKET, S3_REGION, S3_ENDPOINT, AWS_ACCESS_KEY_ID, \
            AWS_SECRET_ACCESS_KEY, PATH_PREFIX, PORT).
            """,
        version: "yatagarasu \(Version.text)",
        subcommands: [Healthcheck.self, DemoCommand.self, OriginCommand.self])

    @Option(name: .shortAndLong, help: "The configuration file.")
    var config: String?

    @Flag(name: [.customLong("test"), .customLong("validate")], help: "Check the configuration and exit.")
    var isTest = false

    @Flag(name: .customLong("print-config-schema"), help: "Print the JSON Schema of the configuration and exit.")
    var printsSchema = false

    @Flag(name: .customLong("print-default-config"), help: "Print the built-in default configuration and exit.")
    var printsDefault = false

    @Flag(name: .customLong("print-config-reference"), help: .hidden)
    var printsReference = false

    /// The library's own `main` prints help and version without looking whether they could be written.
    static func main() async {
        Terminal.occupyClosedStreams()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error).isSuccess else { exit(withError: error) }
            let text = fullMessage(for: error)
            do throws(ExitCode) {
                if !text.isEmpty { try Terminal.print(text) }
            } catch {
                exit(withError: error)
            }
        }
    }

    func run() async throws {
        if printsSchema { return try Terminal.print(Configuration.jsonSchema) }
        if printsReference { return try Terminal.print(Configuration.referencePage) }
        if printsDefault { return try Terminal.print(DefaultConfiguration.text) }
        let (configuration, source) = try ConfigurationFile.load(config)
        if isTest { return try ConfigurationFile.test(configuration, source) }
        try await Serving.run(configuration, source: source)
    }
}
