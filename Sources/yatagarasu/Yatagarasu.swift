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

    func run() async throws {
        ProcessLimits.openStandardStreams()
        if printsSchema { return Terminal.print(Configuration.jsonSchema) }
        if printsReference { return Terminal.print(Configuration.referencePage) }
        if printsDefault { return Terminal.print(DefaultConfiguration.text) }
        let (configuration, source) = try ConfigurationFile.load(config)
        if isTest { return try ConfigurationFile.test(configuration, source) }
        try await Serving.run(configuration, source: source)
    }
}

/// What goes to the two standard streams outside the log.
enum Terminal {
    static func print(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

    static func complain(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 { bytes = bytes.dropFirst(written) } else if errno != EINTR { return }
        }
    }
}
