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
        usage: "yatagarasu [--config <file>] [--test] [--print-config-schema] [--print-default-config] <subcommand>",
        discussion: """
            Without --config the file config.yaml in the working directory is used when it is there, else the built-in \
            default, which is driven by the environment (S3_BUCKET, S3_REGION, S3_ENDPOINT, AWS_ACCESS_KEY_ID, \
            AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, PATH_PREFIX, PORT).
            """,
        version: "yatagarasu \(Version.text)",
        subcommands: [Healthcheck.self, DemoCommand.self, OriginCommand.self])

    /// A list, so that a second one is refused and not taken for the first.
    @Option(
        name: [.customShort("c"), .customLong("config")], help: .init("The configuration file.", valueName: "file"))
    var configs: [String] = []

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
        try refuseContradictions()
        if printsSchema { return try Terminal.print(Configuration.jsonSchema) }
        if printsReference { return try Terminal.print(Configuration.referencePage) }
        if printsDefault { return try Terminal.print(DefaultConfiguration.text) }
        let (configuration, source) = try ConfigurationFile.load(configs.first)
        if isTest { return try ConfigurationFile.test(configuration, source) }
        try await Serving.run(configuration, source: source)
    }
}

extension Yatagarasu {
    /// The options for one task each, as they were given.
    private var tasks: [String] {
        [
            (isTest, "--test"), (printsSchema, "--print-config-schema"), (printsDefault, "--print-default-config"),
            (printsReference, "--print-config-reference"),
        ].filter(\.0).map(\.1)
    }

    private func refuseContradictions() throws(ExitCode) {
        guard configs.count < 2 else { throw Terminal.failure("--config can be given once only") }
        guard tasks.count < 2 else { throw Terminal.failure("\(tasks[0]) and \(tasks[1]) do not go together") }
        if let task = tasks.first, !isTest, !configs.isEmpty {
            throw Terminal.failure("\(task) does not read a configuration: leave out --config")
        }
    }

    /// Refuses the options of the program itself that mean nothing to a subcommand; the parser takes them in any place.
    func refuseOptions(of subcommand: String, exceptConfig: Bool = false) throws(ExitCode) {
        if let option = tasks.first ?? (exceptConfig || configs.isEmpty ? nil : "--config") {
            throw Terminal.failure("\(option) has no meaning for `\(subcommand)`")
        }
        try refuseContradictions()
    }
}
