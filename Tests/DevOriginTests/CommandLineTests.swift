import DevOrigin
import Glibc
import Testing

/// The real program, run to its end: what it says and the code it ends with.
@Suite("the command line", .serialized)
struct CommandLineTests {
    struct Outcome: Equatable, CustomStringConvertible {
        var code: Int32?
        var text: String
        var description: String { "\(code.map { "\($0)" } ?? "no end"): \(text)" }
    }

    /// Runs `words`, in which `@` is the folder, in a shell; the program's path is `$Y`. Both outputs are kept.
    private func run(_ words: String, in folder: TemporaryFolder) throws -> Outcome {
        let program = try Program(
            ["sh", "-c", words.replacing("@", with: folder.path)], log: folder.path + "/log",
            environment: ["Y": try Program.yatagarasu])
        let code = program.wait(seconds: 20)
        let text = folder.read("log") ?? ""
        _ = unsafe unlink(folder.path + "/log")
        return Outcome(code: code, text: text)
    }

    private func configuration(_ s3: String, _ sections: String = "") -> String {
        "server: {address: 127.0.0.1, port: 0}\n\(sections)\n"
            + "buckets: [{name: one, path_prefix: /one, s3: {bucket: abc, \(s3)}}]\n"
    }

    @Test("OBS-2: a metrics listener that cannot bind is named, with its own address")
    func metricsAddress() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await Running.with { running in
            let metrics = "metrics: {address: 127.0.0.1, port: \(running.port)}"
            try folder.write("c.yaml", configuration("credentials: anonymous", metrics))
            let outcome = try run("$Y --config @/c.yaml", in: folder)
            #expect(outcome.code == 1)
            let line = "Error: metrics: cannot listen on 127.0.0.1:\(running.port): "
            #expect(outcome.text.contains(line), "\(outcome)")
        }
    }

    @Test("CFG-7: `--test` says in plain words which bucket's certificates cannot be loaded; a start says the same")
    func certificates() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n")
        try folder.write("c.yaml", configuration("credentials: anonymous, tls: {ca_path: \(folder.path)/ca.pem}"))
        let line =
            "Error: bucket one: ca_path \(folder.path)/ca.pem: "
            + "the file of trusted certificates cannot be read or holds no usable certificate\n"
        #expect(try run("$Y --test --config @/c.yaml", in: folder) == Outcome(code: 1, text: line))
        let start = try run("$Y --config @/c.yaml", in: folder)
        #expect(start.code == 1 && start.text.hasSuffix(line), "\(start)")
        try folder.write("c.yaml", configuration("access_key: a/b, secret_key: s"))
        let keys = try run("$Y --test --config @/c.yaml", in: folder)
        #expect(keys.code == 1 && keys.text.contains("c.yaml:3:") && keys.text.contains("access_key` must"), "\(keys)")
    }

    @Test(
        "what cannot be written ends with 1 and one line that says so",
        arguments: [
            "--print-config-schema", "--print-default-config", "--print-config-reference", "--help", "--version",
            "help demo", "--test --config @/c.yaml", "origin --dir @ --port 0", "demo --dir @ --port 0",
        ])
    func unwritable(_ words: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("c.yaml", configuration("credentials: anonymous"))
        let full = try run("$Y \(words) >/dev/full", in: folder)
        #expect(full == Outcome(code: 1, text: "Error: standard output cannot be written: no space left\n"))
        guard !words.contains("--port") else { return }
        let closed = try run("$Y \(words) >&-", in: folder)
        #expect(closed == Outcome(code: 1, text: "Error: standard output cannot be written: it is closed\n"))
        let good = try run("$Y \(words) >@/out", in: folder)
        #expect(good == Outcome(code: 0, text: "") && folder.read("out")?.isEmpty == false, "\(good)")
    }

    @Test(
        "OBS-1: a log that cannot be written is said once on standard error, and serving goes on",
        arguments: [(">/dev/full", "no space left"), (">&-", "it is closed")])
    func unwritableLog(_ output: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("c.yaml", configuration("credentials: anonymous"))
        let outcome = try run("timeout --preserve-status 2 $Y --config @/c.yaml \(output)", in: folder)
        #expect(outcome == Outcome(code: 0, text: "Warning: the log cannot be written: \(reason)\n"))
    }

    @Test(
        "options that do not apply are refused in one line",
        arguments: [
            ("--test demo", "--test has no meaning for `demo`"),
            ("--config x demo", "--config has no meaning for `demo`"),
            ("demo --config x", "--config has no meaning for `demo`"),
            ("--print-config-schema origin --dir @", "--print-config-schema has no meaning for `origin`"),
            ("--test healthcheck", "--test has no meaning for `healthcheck`"),
            ("--config a --config b", "--config can be given once only"),
            ("--test -c a --config b", "--config can be given once only"),
            ("healthcheck --config a --config b", "--config can be given once only"),
            ("--test --print-default-config", "--test and --print-default-config do not go together"),
            ("--print-config-schema -c x", "--print-config-schema does not read a configuration: leave out --config"),
        ])
    func contradictions(_ words: String, _ message: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        #expect(try run("$Y \(words)", in: folder) == Outcome(code: 1, text: "Error: \(message)\n"))
    }

    @Test("an unhealthy answer says where it was asked and what came")
    func unhealthy() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        #expect(try run("$Y healthcheck --help", in: folder).text.contains("--config"))
        #expect(try run("$Y --help", in: folder).text.contains("-c, --config <file>"))
        func ask(_ port: Int) throws -> Outcome {
            let text = configuration("credentials: anonymous").replacing("port: 0", with: "port: \(port)")
            try folder.write("c.yaml", text)
            return try run("$Y healthcheck --config @/c.yaml", in: folder)
        }
        let port = try await Running.with { running in
            // The origin is no proxy: its answer is a refusal.
            let place = "unhealthy: http://127.0.0.1:\(running.port)/health: "
            let outcome = try ask(running.port)
            #expect(outcome == Outcome(code: 1, text: place + "status 403\n"))
            return running.port
        }
        let place = "unhealthy: http://127.0.0.1:\(port)/health: "
        #expect(try ask(port) == Outcome(code: 1, text: place + "the connection was refused\n"))
    }

    @Test("OBS-1: times of start and end name their unit")
    func units() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("c.yaml", configuration("credentials: anonymous"))
        let words =
            "$Y --config @/c.yaml >@/out & i=0; while [ $i -lt 100 ] && ! grep -q serving @/out; "
            + "do sleep 0.1; i=$((i+1)); done; kill -TERM $!; wait $!; cat @/out"
        let outcome = try run(words, in: folder)
        #expect(outcome.code == 0 && outcome.text.contains("startup_ms") && outcome.text.contains("duration_ms"))
    }
}
