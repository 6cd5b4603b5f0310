import DevOrigin
import Glibc
import S3

/// An origin over a temporary folder, running for one test.
struct Running: Sendable {
    let folder: TemporaryFolder
    let origin: OriginServer
    let credentials: Credentials

    var port: Int { origin.port }

    static func with<Value: Sendable>(
        _ change: @Sendable (inout OriginSettings) -> Void = { _ in },
        prepare: (TemporaryFolder) throws -> Void = { _ in },
        _ body: (Running) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try prepare(folder)
        let credentials = try Credentials(accessKey: "AKIDORIGIN", secretKey: "a secret/of+the=tests")
        var settings = OriginSettings(
            folder: folder.path, layout: .foldersAreBuckets, credentials: credentials, seed: 7)
        change(&settings)
        let origin = try await OriginServer.start(settings) { Int64(time(nil)) }
        do {
            let value = try await body(Running(folder: folder, origin: origin, credentials: credentials))
            await origin.stop()
            return value
        } catch {
            await origin.stop()
            throw error
        }
    }
}
