import DevOrigin
import S3
import Testing

/// botocore judges the origin: it signs, reads and refuses as Amazon's own clients do.
@Suite("The origin, asked by boto3")
struct BotoTests {
    private static let script =
        #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/boto3_client.py"

    /// One run for all cases: the line of each, by its name.
    private static let run = Task<[String: String], any Error>.detached {
        try await Running.with { running in
            let keys = "\(running.credentials.accessKey) '\(running.credentials.secretKey)'"
            let command = "python3 -B '\(script)' \(running.port) \(keys) '\(running.folder.path)'"
            let lines = try await Task.detached { try Program.lines(of: command) }.value
            return Dictionary(
                lines.map { (String($0.split(separator: " ").dropFirst().first ?? ""), $0) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    static let cases = [
        "put_get_head", "large", "ranges", "conditions", "lists", "list_edges", "hostile_keys", "errors", "credentials",
        "tampered", "dropped_files", "overrides", "broken_upload", "concurrency",
    ]

    @Test("S3-1, S3-3, S3-5, HTTP-4, HTTP-5: boto3 against the origin", arguments: cases)
    func passes(_ name: String) async throws {
        let line = try await Self.run.value[name]
        #expect(line == "PASS \(name)")
    }

    @Test("every case of the script is asked for")
    func noCaseIsForgotten() async throws {
        #expect(try await Set(Self.run.value.keys) == Set(Self.cases))
    }
}
