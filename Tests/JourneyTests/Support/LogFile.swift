import Glibc

/// A file without a name that takes a proxy's log.
final class LogFile: Sendable {
    struct NotMade: Error { let errno: Int32 }

    let descriptor: Int32

    init() throws {
        var name = Array("/tmp/journey-tests-XXXXXX".utf8CString)
        descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else { throw NotMade(errno: errno) }
        unsafe _ = unlink(name)
    }

    deinit { close(descriptor) }

    var text: String {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
