import Glibc

/// A TCP port of 127.0.0.1 that nobody uses now, below the range from which the kernel takes ports for outgoing
/// connections.
func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = UInt16.random(in: 12_000..<32_000)
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw ChildProcess.Failure.notStarted(errno: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        if status == 0 { return Int(port) }
    }
    throw ChildProcess.Failure.notStarted(errno: EADDRINUSE)
}
