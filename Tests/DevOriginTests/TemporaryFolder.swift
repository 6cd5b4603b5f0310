import Glibc

/// Another program or a system call did not do what a test needs.
struct Setback: Error, CustomStringConvertible {
    let description: String
}

/// A folder for one test.
struct TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/origin-tests-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Setback(description: "mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func makeFolder(_ name: String) throws {
        guard unsafe mkdir(path + "/" + name, 0o755) == 0 else { throw Setback(description: "mkdir \(name): \(errno)") }
    }

    func write(_ name: String, _ text: String) throws {
        let descriptor = unsafe open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Setback(description: "open \(name): \(errno)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Setback(description: "write \(name): \(errno)")
        }
    }

    func read(_ name: String) -> String? {
        let descriptor = unsafe open(path + "/" + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk.prefix(count)
        }
    }

    /// The names in the folder.
    func names() -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func remove() { _ = try? Program.lines(of: "rm -rf '\(path)'") }
}
