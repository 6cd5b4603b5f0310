import Glibc

/// What the process asks of the system for itself.
enum ProcessLimits {
    /// Raises the limit of open descriptors to what is allowed; gives the limit.
    static func raiseDescriptors() -> UInt64 {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return UInt64(limit.rlim_cur)
    }

    /// The cores that this process may use: its affinity, narrowed by the cgroup's quota (v2).
    static func usableCores() -> Int {
        let allowed = line(of: "/proc/self/status", named: "Cpus_allowed:") ?? "1"
        let count = allowed.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return max(1, min(count, quota() ?? count))
    }

    /// The rest of the first line that begins with `name`.
    private static func line(of path: String, named name: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var buffer = [CChar](repeating: 0, count: 4096)
        while unsafe fgets(&buffer, 4096, file) != nil {
            let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix(name) { return String(text.dropFirst(name.count)) }
        }
        return nil
    }

    private static func quota() -> Int? {
        guard let text = line(of: "/sys/fs/cgroup/cpu.max", named: "") else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let limit = Int(words[0]), let period = Int(words[1]), period > 0 else { return nil }
        return max(1, (limit + period - 1) / period)
    }
}
