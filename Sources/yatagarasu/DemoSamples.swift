import Glibc

/// Files to show when no folder is given, in a temporary folder.
struct DemoSamples {
    struct Failure: Error, Equatable {
        let path: String
        /// The system's error number.
        let code: Int32
    }

    let path: String
    /// In the order of making.
    private var files: [String] = []
    private var folders: [String] = []

    private init(path: String) { self.path = path }

    /// Makes a folder of a new name in `parent` and fills it; leaves nothing behind when it fails.
    static func make(in parent: String) throws(Failure) -> DemoSamples {
        var template = Array((parent + "/yatagarasu-demo-XXXXXX").utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure(path: parent, code: errno) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var samples = DemoSamples(path: path)
        do throws(Failure) {
            try samples.fill()
        } catch {
            samples.remove()
            throw error
        }
        return samples
    }

    func remove() {
        for file in files { unsafe unlink(file) }
        for folder in folders.reversed() { unsafe rmdir(folder) }
        unsafe rmdir(path)
    }

    private mutating func fill() throws(Failure) {
        try write("hello.txt", Array("Hello from behind the proxy.\n".utf8))
        try write("八咫烏.txt", Array(Self.legend.utf8))
        try write("raven.png", DemoPicture.png())
        try write("index.html", Array(Self.page.utf8))
        let inner = path + "/json"
        guard unsafe mkdir(inner, 0o755) == 0 else { throw Failure(path: inner, code: errno) }
        folders.append(inner)
        try write("json/legs.json", Array(#"{"name": "Yatagarasu", "kind": "raven", "legs": 3}"#.utf8) + [0x0a])
        try writeLarge("large.bin")
    }

    private mutating func write(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        let file = try create(name)
        defer { close(file) }
        try put(bytes, at: 0, file, name)
    }

    /// 100 MiB, mostly a hole: the number of each mebibyte stands at its beginning.
    private mutating func writeLarge(_ name: String) throws(Failure) {
        let file = try create(name)
        defer { close(file) }
        guard ftruncate(file, 100 << 20) == 0 else { throw Failure(path: path + "/" + name, code: errno) }
        for number in 0..<100 { try put(Array("mebibyte number \(number)\n".utf8), at: number << 20, file, name) }
    }

    private mutating func create(_ name: String) throws(Failure) -> Int32 {
        let file = path + "/" + name
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(path: file, code: errno) }
        files.append(file)
        return descriptor
    }

    private func put(_ bytes: [UInt8], at offset: Int, _ file: Int32, _ name: String) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { region in
                unsafe pwrite(file, region.baseAddress?.advanced(by: done), region.count - done, off_t(offset + done))
            }
            guard count > 0 else { throw Failure(path: path + "/" + name, code: errno) }
            done += count
        }
    }

    private static let legend = """
        八咫烏 (yatagarasu) is a raven with three legs that shows the way.

        """

    private static let page = """
        <!doctype html>
        <meta charset="utf-8">
        <title>Yatagarasu</title>
        <h1>Yatagarasu</h1>
        <p><img src="raven.png" alt="A raven with three legs before the sun"></p>
        <p><a href="八咫烏.txt">八咫烏</a> · <a href="json/legs.json">JSON</a> · <a href="large.bin">100 MiB</a></p>

        """
}
