import ArgumentParser
import DevOrigin
import Glibc
import S3

/// `yatagarasu origin`: a small S3 server over a folder, to try and to test against.
struct OriginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "origin",
        abstract: "Serve a folder as a small S3 server, for development.",
        discussion: """
            GetObject, HeadObject, PutObject, ListObjectsV2, HeadBucket and CreateBucket in path style; requests must be \
            signed with Signature Version 4. Each folder in DIR is a bucket, or with --bucket DIR itself is the only one. \
            Fields of uploads (content type, metadata, the MD5 as tag) are kept until the end of the process. Symbolic \
            links are not followed.
            """)

    @ParentCommand var program: Yatagarasu

    @Option(help: "The folder.") var dir: String
    @Option(help: "IP address to listen on.") var address = "127.0.0.1"
    @Option(help: "Port to listen on; 0 takes a free one.") var port: UInt16 = 9000
    @Option(help: "Access key; else AWS_ACCESS_KEY_ID, else a random one that is printed.") var accessKey: String?
    @Option(help: "Secret key; else AWS_SECRET_ACCESS_KEY, else a random one that is printed.") var secretKey: String?
    @Option(help: "Region that signatures must name.") var region = "us-east-1"
    @Option(help: "Serve DIR itself as the bucket of this name.") var bucket: String?

    func run() async throws {
        try program.refuseOptions(of: "origin")
        let signals = Signals.begin()
        _ = ProcessLimits.raiseDescriptors()
        let keys = try keys()
        var settings = OriginSettings(
            folder: dir, layout: bucket.map { .single(bucket: $0) } ?? .foldersAreBuckets, credentials: keys.pair,
            seed: UInt64.random(in: 0 ... .max))
        settings.address = address
        settings.port = port
        settings.region = region
        let origin: OriginServer
        do throws(OriginFailure) {
            origin = try await OriginServer.start(settings, wallClock: Clock.seconds)
        } catch {
            throw Terminal.failure(error.explanation)
        }
        let host = address.contains(":") ? "[\(address)]" : address
        try Terminal.print("S3 origin over \(dir) at http://\(host):\(origin.port), path style, region \(region)")
        if keys.areRandom {
            try Terminal.print("AWS_ACCESS_KEY_ID=\(keys.pair.accessKey)\nAWS_SECRET_ACCESS_KEY=\(keys.pair.secretKey)")
        }
        await signals.untilAskedToEnd()
        await origin.stop()
    }

    /// The keys of the options, else those of the environment, else random ones; half a pair is refused.
    private func keys() throws -> (pair: Credentials, areRandom: Bool) {
        let environment = Environment.all
        func setting(_ option: String?, _ name: String) -> String? {
            [option, environment[name]].compactMap { $0 }.first { !$0.isEmpty }
        }
        switch (setting(accessKey, "AWS_ACCESS_KEY_ID"), setting(secretKey, "AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): return (try RandomKeys.make(), true)
        case (let access?, let secret?):
            do throws(CredentialsFailure) {
                return (try Credentials(accessKey: access, secretKey: secret), false)
            } catch {
                throw Terminal.failure(error.explanation)
            }
        case (_?, nil): throw Terminal.failure("an access key needs --secret-key or AWS_SECRET_ACCESS_KEY beside it")
        case (nil, _?): throw Terminal.failure("a secret key needs --access-key or AWS_ACCESS_KEY_ID beside it")
        }
    }
}

/// A pair of keys in the form of Amazon's, from the system's random numbers.
enum RandomKeys {
    static func make() throws(CredentialsFailure) -> Credentials {
        try Credentials(
            accessKey: "AKIA" + text(of: upper + digits, 16), secretKey: text(of: upper + lower + digits, 40))
    }

    private static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private static let lower = "abcdefghijklmnopqrstuvwxyz"
    private static let digits = "0123456789"

    private static func text(of letters: String, _ count: Int) -> String {
        var system = SystemRandomNumberGenerator()
        return String((0..<count).compactMap { _ in letters.randomElement(using: &system) })
    }
}

extension AsyncStream<Int32> {
    /// Waits for a signal; SIGHUP, too, for then the terminal is gone.
    func untilAskedToEnd() async {
        for await _ in self { return }
    }
}
