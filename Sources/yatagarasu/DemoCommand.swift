import ArgumentParser
import DevOrigin
import Glibc
import NIOCore
import S3
import Settings
import Telemetry

/// `yatagarasu demo`: the proxy in front of an origin of its own, with lines to try.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start the proxy in front of a built-in S3 origin and print lines to try.",
        discussion: """
            The origin serves DIR, or without it samples in a temporary folder that goes with the demo. It never writes \
            to DIR. Both listen on loopback only. Ctrl-C ends it.
            """)

    @ParentCommand var program: Yatagarasu

    @Option(help: "The folder to serve; without it, generated samples.") var dir: String?
    @Option(help: "Port of the proxy; 0 takes a free one.") var port: UInt16 = 8080
    @Flag(help: "Print the random secret key of this run, too.") var showSecret = false

    func run() async throws {
        try program.refuseOptions(of: "demo")
        let signals = Signals.begin()
        let samples = try dir == nil ? makeSamples() : nil
        defer { samples?.remove() }
        let folder = dir ?? samples?.path ?? "."
        let keys = try RandomKeys.make()
        let origin = try await startOrigin(folder, keys)
        do {
            try await serve(origin, keys, folder: folder, until: signals)
        } catch {
            await origin.stop()
            throw error
        }
        await origin.stop()
    }

    private func makeSamples() throws -> DemoSamples {
        do throws(DemoSamples.Failure) {
            return try DemoSamples.make(in: Environment.all["TMPDIR"] ?? "/tmp")
        } catch {
            throw Terminal.failure("the samples cannot be written to \(error.path): system error \(error.code)")
        }
    }

    private func startOrigin(_ folder: String, _ keys: Credentials) async throws -> OriginServer {
        var settings = OriginSettings(
            folder: folder, layout: .single(bucket: DemoText.bucket), credentials: keys,
            seed: UInt64.random(in: 0 ... .max))
        settings.isReadOnly = true
        do throws(OriginFailure) {
            return try await OriginServer.start(settings, wallClock: Clock.seconds)
        } catch {
            throw Terminal.failure(error.explanation)
        }
    }

    /// The proxy, as `yatagarasu --config` would run it, until a signal.
    private func serve(
        _ origin: OriginServer, _ keys: Credentials, folder: String, until signals: AsyncStream<Int32>
    ) async throws {
        let text = DemoText.configuration(port: port, originPort: origin.port)
        let configuration = try load(text, keys)
        guard let output = try? LogOutput(descriptor: STDOUT_FILENO) else {
            throw Terminal.failure("the log cannot be written")
        }
        defer { _ = output.close(within: .seconds(2)) }
        let log = Log(
            level: .init(configuration.logging.level), format: .init(configuration.logging.format), output: output)
        let proxy: Proxying
        do throws(ProxyFailure) {
            proxy = try await Proxying.start(configuration, log: log, began: .now())
        } catch {
            throw Terminal.failure(error.explanation)
        }
        let objects = await origin.samples(of: DemoText.bucket, limit: 100)
        try Terminal.print(
            DemoText.introduction(
                place: proxy.place, folder: folder, configuration: text, keys: keys, showsSecret: showSecret,
                objects: objects))
        await signals.untilAskedToEnd()
        await proxy.end(reason: "a signal")
    }

    /// The configuration names its keys as variables, so that it can be shown.
    private func load(_ text: String, _ keys: Credentials) throws -> Configuration {
        let environment = ["AWS_ACCESS_KEY_ID": keys.accessKey, "AWS_SECRET_ACCESS_KEY": keys.secretKey]
        do throws(ConfigurationFailure) {
            return try Configuration.load(.text(text, name: "demo configuration"), environment: environment)
        } catch {
            Terminal.complain(error.description)
            throw ExitCode(1)
        }
    }
}
