import Glibc
import NIOCore

/// A bare TCP socket, closed with its last reference.
final class StreamSocket {
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ChildProcess.Failure.notStarted(errno: errno) }
    }

    deinit { close(descriptor) }

    /// Takes an address that nobody listens on.
    func bind(_ address: SocketAddress) throws {
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let status = unsafe address.withSockAddr { unsafe Glibc.bind(descriptor, $0, socklen_t($1)) }
        guard status == 0 else { throw ChildProcess.Failure.notStarted(errno: errno) }
    }

    /// Listens with the shortest queue there is, which nobody empties.
    func listen() throws {
        guard Glibc.listen(descriptor, 0) == 0 else { throw ChildProcess.Failure.notStarted(errno: errno) }
    }

    func startConnecting(_ address: SocketAddress) {
        _ = unsafe address.withSockAddr { unsafe connect(descriptor, $0, socklen_t($1)) }
    }

    /// The port that the kernel gave.
    func port() throws -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return try unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let generic = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            guard unsafe getsockname(descriptor, generic, &size) == 0 else {
                throw ChildProcess.Failure.notStarted(errno: errno)
            }
            return unsafe Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
