import Glibc
import NIOConcurrencyHelpers

/// A redis-server of a test's own: it can be killed, started again on its port, and asked by redis-cli.
final class RedisServer: Sendable {
    let port: Int
    let folder: TemporaryFolder
    private let arguments: [String]
    private let password: String?
    private let tls: [String]
    private let process = NIOLockedValueBox<ChildProcess?>(nil)

    /// Starts it and waits until it answers. `tls` is what redis-cli needs to reach it.
    init(_ options: [String] = [], password: String? = nil, port: Int? = nil, tls: [String] = []) throws {
        self.port = try port ?? freePort()
        self.password = password
        self.tls = tls
        folder = try TemporaryFolder()
        let place = tls.isEmpty ? ["--port", "\(self.port)"] : ["--port", "0", "--tls-port", "\(self.port)"]
        arguments =
            place + ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path]
            + ["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0", "--logfile", folder.path + "/log"]
            + (password.map { ["--requirepass", $0] } ?? []) + options
        try start()
    }

    /// A sentinel that watches one master.
    init(sentinelOf master: Int, name: String, password: String? = nil) throws {
        port = try freePort()
        self.password = nil
        tls = []
        folder = try TemporaryFolder()
        let login = password.map { "sentinel auth-pass \(name) \($0)\n" } ?? ""
        let file = try folder.write(
            "sentinel.conf",
            """
            port \(port)
            bind 127.0.0.1
            logfile \(folder.path)/log
            dir \(folder.path)
            sentinel monitor \(name) 127.0.0.1 \(master) 1
            sentinel down-after-milliseconds \(name) 500
            sentinel failover-timeout \(name) 3000
            \(login)
            """)
        arguments = [file, "--sentinel"]
        try start()
    }

    func start() throws {
        let child = try ChildProcess("/usr/bin/redis-server", arguments)
        process.withLockedValue { $0 = child }
        for _ in 0..<1_000 {
            if try ask("PING").contains("PONG") { return }
            usleep(10_000)
        }
        throw ChildProcess.Failure.missing("an answer from redis-server on port \(port)")
    }

    /// A test that failed before its end leaves nothing behind.
    deinit {
        kill()
        try? folder.remove()
    }

    /// Ends it without a word.
    func kill() {
        guard let child = process.withLockedValue({ $0.take() }) else { return }
        child.signal(SIGKILL)
        child.stop()
    }

    func signal(_ number: Int32) { process.withLockedValue { $0 }?.signal(number) }

    func remove() throws {
        kill()
        try folder.remove()
    }

    /// What redis-cli prints for a command.
    @discardableResult
    func ask(_ words: String...) throws -> String {
        let file = "\(folder.path)/answer-\(UInt64.random(in: 0 ... .max))"
        _ = try? ChildProcess.run("/usr/bin/redis-cli", cli(words), log: file)
        return String(decoding: try folder.read(file), as: UTF8.self)
    }

    /// A number of the server's statistics.
    func statistic(_ name: String) throws -> Int {
        for line in try ask("INFO", "stats").split(whereSeparator: \.isNewline) where line.hasPrefix(name + ":") {
            if let number = Int(line.dropFirst(name.count + 1)) { return number }
        }
        throw ChildProcess.Failure.missing(name)
    }

    /// Begins a command and does not wait for its end.
    func begin(_ words: String...) throws -> ChildProcess { try ChildProcess("/usr/bin/redis-cli", cli(words)) }

    private func cli(_ words: [String]) -> [String] {
        let login = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        return ["-h", "127.0.0.1", "-p", "\(port)"] + login + tls + words
    }
}
