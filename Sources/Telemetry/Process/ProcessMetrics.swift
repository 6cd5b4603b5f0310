import Glibc

/// What the kernel says about this process, read at every scrape; what cannot be read is left out.
///
/// proc(5): statm, stat and fd; getrusage(2), getrlimit(2).
package enum ProcessMetrics {
    package static func collect(into samples: inout MetricSamples) {
        if let resident = residentBytes { samples.set(.memoryUsage, Double(resident)) }
        if let count = openDescriptors { samples.set(.openDescriptors, Double(count)) }
        if let limit = maximumDescriptors { samples.set(.maximumDescriptors, Double(limit)) }
        if let seconds = cpuSeconds { samples.set(.cpuSeconds, seconds) }
        if let uptime { samples.set(.uptime, uptime) }
        if let startTime { samples.set(.startTime, startTime) }
    }

    static var residentBytes: UInt64? {
        guard let text = ProcessFile.read("/proc/self/statm"), let pages = ProcessFile.number(1, in: text[...])
        else { return nil }
        let page = sysconf(Int32(_SC_PAGESIZE))
        return page > 0 ? pages &* UInt64(page) : nil
    }

    /// Since Linux 6.2 the directory's size is the count; before, its entries are read, the directory's own taken away.
    static var openDescriptors: Int? {
        var status = stat()
        if unsafe stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe _ = closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            if unsafe entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return max(count - 1, 0)
    }

    static var maximumDescriptors: UInt64? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    static var cpuSeconds: Double? {
        var usage = rusage()
        guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return nil }
        let micros = (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(micros) / 1_000_000
    }

    /// Seconds since the process started: field 22 of stat counts clock ticks from the machine's start.
    static var uptime: Double? {
        guard let text = ProcessFile.read("/proc/self/stat"), let name = text.lastIndex(of: UInt8(ascii: ")")),
            let ticks = ProcessFile.number(19, in: text[(name + 1)...])
        else { return nil }
        let perSecond = sysconf(Int32(_SC_CLK_TCK))
        var now = timespec()
        guard perSecond > 0, unsafe clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
        return max(seconds(now) - Double(ticks) / Double(perSecond), 0)
    }

    /// When the process started, in seconds since 1970, to the hundredth that the kernel keeps.
    static var startTime: Double? {
        var now = timespec()
        guard let uptime, unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return nil }
        return ((seconds(now) - uptime) * 100).rounded() / 100
    }

    private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}
