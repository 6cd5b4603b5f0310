import Glibc

/// Another program, started for a test and ended with it.
final class ChildProcess: Sendable {
    enum Failure: Error, Equatable {
        case missing(String)
        case notStarted(errno: Int32)
        case failed(status: Int32)
    }

    let pid: pid_t

    /// Starts `path`; its output goes to `log`. A missing program is named.
    init(_ path: String, _ arguments: [String], log: String = "/dev/null") throws {
        guard unsafe access(path, X_OK) == 0 else { throw Failure.missing(path) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var argv = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe argv.forEach { unsafe free($0) } }
        // Threads of the concurrency runtime block signals; the program must not inherit that, or it cannot be ended.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, path, &actions, &attributes, &argv, environ)
        guard status == 0 else { throw Failure.notStarted(errno: status) }
        self.pid = pid
    }

    /// Runs `path` to its end.
    static func run(_ path: String, _ arguments: [String], log: String = "/dev/null") throws {
        let status = try ChildProcess(path, arguments, log: log).wait()
        guard status == 0 else { throw Failure.failed(status: status) }
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Ends the program, by force after two seconds.
    func stop() {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        for _ in 0..<200 {
            guard unsafe waitpid(pid, &status, WNOHANG) == 0 else { return }
            usleep(10_000)
        }
        kill(pid, SIGKILL)
        _ = wait()
    }

    private func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}
