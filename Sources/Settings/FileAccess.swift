import Glibc

/// How settings read files: passed in, so that a test may say what there is.
package struct FileAccess: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case missing
        case isDirectory
        case tooLarge
        /// The system's error number.
        case unreadable(Int32)
    }

    /// Reads a whole file of at most `limit` bytes.
    package var read: @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]

    package init(read: @escaping @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]) {
        self.read = read
    }

    /// The process's own files; pipes and `/dev/stdin` too.
    package static let system = FileAccess { path, limit throws(Failure) in
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(errno)
            }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw .tooLarge }
        }
    }
}

extension FileAccess.Failure {
    fileprivate init(_ number: Int32) {
        switch number {
        case ENOENT, ENOTDIR: self = .missing
        case EISDIR: self = .isDirectory
        default: self = .unreadable(number)
        }
    }

    /// The system's words for an error number, without the locale.
    static func words(_ number: Int32) -> String {
        switch number {
        case EACCES, EPERM: "permission denied"
        case EIO: "input/output error"
        case ELOOP: "too many symbolic links"
        case ENAMETOOLONG: "the path is too long"
        case EMFILE, ENFILE: "too many open files"
        default: "error \(number)"
        }
    }
}
