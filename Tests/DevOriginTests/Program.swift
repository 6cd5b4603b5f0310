import Glibc

/// Another program, started for a test.
final class Program: Sendable {
    let pid: pid_t

    /// Starts `arguments[0]`; both its outputs go to `log`. `environment` is added to the test's own.
    init(_ arguments: [String], log: String, environment: [String: String] = [:]) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Signals that are blocked or ignored here must not be so there.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, ends) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigemptyset(&ends)
        for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&ends, signal) }
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &ends)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let command = ["/usr/bin/env"] + environment.map { "\($0)=\($1)" } + arguments
        var argv = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe argv.forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, &argv, environ)
        guard status == 0 else { throw Setback(description: "posix_spawn: \(status)") }
        self.pid = pid
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// The exit code, or the signal's number made negative; nil when it did not end in time and was killed.
    func wait(seconds: Int) -> Int32? {
        var status: Int32 = 0
        for _ in 0..<(seconds * 100) {
            if unsafe waitpid(pid, &status, WNOHANG) == pid { return Self.outcome(status) }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        unsafe waitpid(pid, &status, 0)
        return nil
    }

    private static func outcome(_ status: Int32) -> Int32 {
        status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    /// What a shell command prints, line by line; it must succeed.
    static func lines(of command: String) throws -> [String] {
        guard let pipe = unsafe popen(command, "r") else { throw Setback(description: "popen: \(errno)") }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            output += chunk[0..<count]
        }
        let status = unsafe pclose(pipe)
        guard status == 0 else { throw Setback(description: "\(command): \(status)") }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The binary that was built beside the test bundle.
    static var yatagarasu: String {
        get throws {
            var buffer = [CChar](repeating: 0, count: 4_096)
            let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
            let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
            guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
                throw Setback(description: "readlink: \(errno)")
            }
            let path = String(decoding: bytes[...slash], as: UTF8.self) + "yatagarasu"
            guard unsafe access(path, X_OK) == 0 else { throw Setback(description: "\(path) is not built") }
            return path
        }
    }
}
