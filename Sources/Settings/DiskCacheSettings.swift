import ConfigSchema

/// `cache.disk`: the answers that are kept as files (CACHE-2).
package struct DiskCacheSettings: SettingsSection {
    package var isEnabled = false
    package var directory = "/var/cache/yatagarasu"
    /// Bytes.
    package var maxSize = 10_737_418_240
    package var ioThreads = 4
    package var sendfile = SendfileSettings()

    package init() {}

    package static let title = "Disk cache"
    package static let prose = "The answers that are kept as files."
    package static let fields: [Field<DiskCacheSettings>] = [
        Field("enabled", \.isEnabled, "Keeps answers as files; `cache_layers` says when they are looked up."),
        Field(
            "cache_dir", \.directory, directoryRule,
            "The directory, for this process alone; files in it that are not the cache's may be removed."),
        Field("max_disk_cache_size_mb", bytes: \.maxSize, in: 1_048_576...(1 << 50), "All files together."),
        Field("io_threads", \.ioThreads, in: 1...64, "Threads that read and write files."),
        Field("sendfile", section: \.sendfile),
    ]

    /// Files are removed there, so that it must not be the root, nor depend on where the process was started.
    private static let directoryRule = TextRule(
        pattern: "^/", expectation: "a path that starts with `/`, of a directory below the root"
    ) { path in
        let names = path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        return path.hasPrefix("/") && !names.isEmpty && !names.contains { $0.elementsEqual("..".utf8) }
    }
}

/// `cache.disk.sendfile`: from which size on the kernel sends files by itself.
package struct SendfileSettings: SettingsSection {
    package var isEnabled = true
    /// Bytes.
    package var threshold = 65_536

    package init() {}

    package static let title = "Sendfile"
    package static let prose = "From which size on the kernel sends files by itself; on connections without TLS only."
    package static let fields: [Field<SendfileSettings>] = [
        Field("enabled", \.isEnabled, "Lets the kernel send files."),
        Field("threshold_bytes", bytes: \.threshold, in: 0...(1 << 40), "Least size of a body that is sent so."),
    ]
}
