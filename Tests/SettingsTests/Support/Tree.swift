import Glibc
import Settings

/// The checkout that the tests were built from.
let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")

func contents(of path: String) throws -> String {
    String(decoding: try FileAccess.system.read("\(root)/\(path)", 4_194_304), as: UTF8.self)
}

struct SystemFailure: Error {
    var number = errno
}

/// Writes a file; the path is absolute.
func write(_ text: [UInt8], to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemFailure() }
    defer { close(descriptor) }
    var rest = text[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw SystemFailure() }
        rest = rest.dropFirst(count)
    }
}

/// An empty folder of its own for one test; the caller removes it with `shell`.
func temporaryFolder() throws -> String {
    var template = Array("/tmp/yatagarasu-settings-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw SystemFailure() }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Runs a command; its standard output and its exit status.
func shell(_ command: String) throws -> (output: String, status: Int32) {
    guard let stream = unsafe popen(command, "r") else { throw SystemFailure() }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, stream) }
        guard count > 0 else { break }
        output += chunk.prefix(count)
    }
    let status = unsafe pclose(stream)
    return (String(decoding: output, as: UTF8.self), status >> 8 & 0xFF)
}
