import DevOrigin
import Glibc
import S3
import Testing

/// Whatever the target, nothing outside of the bucket's folder is read or written.
@Suite("Ways out of the folder")
struct EscapeTests {
    struct Attempt: Sendable, CustomTestStringConvertible {
        var target: String
        /// What the target's path decodes to, when it is not the target itself.
        var path: String?
        var code: String
        var testDescription: String { target }
    }

    static let attempts: [Attempt] = [
        Attempt(target: "/bucket/../secret", code: "InvalidURI"),
        Attempt(target: "/bucket/%2e%2e/secret", path: "/bucket/../secret", code: "InvalidURI"),
        Attempt(target: "/bucket/%2E./secret", path: "/bucket/../secret", code: "InvalidURI"),
        Attempt(target: "/bucket/..%2fsecret", path: "/bucket/../secret", code: "InvalidURI"),
        Attempt(target: "/bucket%2f..%2fsecret", path: "/bucket/../secret", code: "InvalidURI"),
        Attempt(target: "/bucket/inner/../../secret", code: "InvalidURI"),
        Attempt(target: "/bucket/inner/..", code: "InvalidURI"),
        Attempt(target: "/bucket/./file", code: "InvalidURI"),
        Attempt(target: "/bucket/file%00", path: "/bucket/file\0", code: "InvalidURI"),
        Attempt(target: "/bucket/file%00/../../secret", path: "/bucket/file\0/../../secret", code: "InvalidURI"),
        Attempt(target: "/../secret", code: "NoSuchBucket"),
        Attempt(target: "/%2e%2e/secret", path: "/../secret", code: "NoSuchBucket"),
        Attempt(target: "/./secret", code: "NoSuchBucket"),
        Attempt(target: "/secret/x", code: "NoSuchBucket"),
        Attempt(target: "/bucket%00/file", path: "/bucket\0/file", code: "NoSuchBucket"),
        Attempt(target: "//bucket/file", code: "NotImplemented"),
        Attempt(target: "/bucket//etc/passwd", code: "NoSuchKey"),
        Attempt(target: "/bucket/%2fetc/passwd", path: "/bucket//etc/passwd", code: "NoSuchKey"),
        Attempt(target: "/bucket/..%5csecret", path: "/bucket/..\\secret", code: "NoSuchKey"),
        Attempt(target: "/bucket/%252e%252e/secret", path: "/bucket/%2e%2e/secret", code: "NoSuchKey"),
        Attempt(target: "/bucket/link", code: "NoSuchKey"),
        Attempt(target: "/bucket/way/secret", code: "NoSuchKey"),
        Attempt(target: "/bucket/up/secret", code: "NoSuchKey"),
        Attempt(target: "/linked/secret", code: "NoSuchBucket"),
        Attempt(target: "/bucket/.yatagarasu-upload", code: "NoSuchKey"),
    ]

    /// `secret` lies beside the buckets and beside the folder; links lead to both.
    private func prepare(_ folder: TemporaryFolder) throws {
        try folder.makeFolder("bucket")
        try folder.makeFolder("bucket/inner")
        try folder.makeFolder("aside")
        try folder.write("secret", "TOP SECRET")
        try folder.write("aside/secret", "TOP SECRET")
        try folder.write("bucket/file", "open")
        try folder.write("bucket/.yatagarasu-upload", "TOP SECRET")
        let links = ["link": "../secret", "way": folder.path + "/aside", "up": ".."]
        for (name, target) in links { unsafe #expect(symlink(target, folder.path + "/bucket/" + name) == 0) }
        unsafe #expect(symlink("aside", folder.path + "/linked") == 0)
    }

    @Test("RTE-2: a target that leads out is refused, signed or not, for reading and writing", arguments: attempts)
    func refused(attempt: Attempt) async throws {
        try await Running.with(prepare: prepare) { running in
            let path = Array((attempt.path ?? attempt.target).utf8)
            for method in ["GET", "PUT"] {
                let body = method == "PUT" ? "overwritten" : ""
                let unsigned = try WireClient.ask(method, attempt.target, port: running.port, body: body)
                #expect(unsigned.status == 403 || unsigned.status == 400)
                let signed = try WireClient.askSigned(
                    method, attempt.target, path: path, port: running.port, as: running.credentials, body: body)
                #expect(!signed.text.contains("TOP SECRET"))
                if method == "GET" { #expect(signed.code == attempt.code, "\(signed.head)\n\(signed.text)") }
            }
            #expect(running.folder.read("secret") == "TOP SECRET")
            #expect(running.folder.read("aside/secret") == "TOP SECRET")
            #expect(running.folder.read("bucket/file") == "open")
            #expect(Set(running.folder.names()) == ["aside", "bucket", "linked", "secret"])
        }
    }

    @Test("the refusals above are not for want of a good signature")
    func control() async throws {
        try await Running.with(prepare: prepare) { running in
            let answer = try WireClient.askSigned(
                "GET", "/bucket/file", path: Array("/bucket/file".utf8), port: running.port, as: running.credentials)
            #expect(answer.status == 200 && answer.text == "open")
        }
    }

    @Test("a read-only origin takes no upload and no bucket, and serves one bucket that is the folder itself")
    func readOnly() async throws {
        let change = { @Sendable (settings: inout OriginSettings) in
            settings.isReadOnly = true
            settings.layout = .single(bucket: "demo")
        }
        try await Running.with(change, prepare: { try $0.write("file", "open") }) { running in
            func ask(_ method: String, _ target: String, _ body: String = "") throws -> WireClient.Answer {
                try WireClient.askSigned(
                    method, target, path: Array(target.utf8), port: running.port, as: running.credentials, body: body)
            }
            try #expect(ask("GET", "/demo/file").text == "open")
            try #expect(ask("PUT", "/demo/file", "new").code == "AccessDenied")
            try #expect(ask("PUT", "/demo/new", "new").code == "AccessDenied")
            try #expect(ask("PUT", "/other").code == "AccessDenied")
            try #expect(ask("GET", "/other/file").code == "NoSuchBucket")
            #expect(running.folder.names() == ["file"])
            let samples = await running.origin.samples(of: "demo", limit: 5)
            #expect(samples.map(\.path) == ["file"] && samples.map(\.length) == [4])
        }
    }

    @Test("a folder that is none, and a bucket's name that is none, are said in one line")
    func failures() async throws {
        let credentials = try Credentials(accessKey: "a", secretKey: "b")
        func failure(_ folder: String, _ bucket: String) async -> OriginFailure? {
            let settings = OriginSettings(
                folder: folder, layout: .single(bucket: bucket), credentials: credentials, seed: 1)
            do throws(OriginFailure) {
                let origin = try await OriginServer.start(settings) { 0 }
                await origin.stop()
                return nil
            } catch {
                return error
            }
        }
        #expect(await failure("/nonexistent", "b") == .folderMissing(path: "/nonexistent"))
        #expect(await failure("/etc/passwd", "b") == .notAFolder(path: "/etc/passwd"))
        #expect(await failure("/tmp", "../b") == .badBucketName("../b"))
        #expect(await failure("/tmp", "b") == nil)
    }
}
