import Glibc
import NIOCore

/// Opens listening sockets: one for each event loop, so that a connection lives and dies on the loop that accepted it.
///
/// With several loops the sockets share the port by SO_REUSEPORT and the kernel spreads connections over them. That
/// option would also let a second instance of the program join unseen, so the address is first bound without it: that
/// fails while anybody listens there. Between this trial and the real sockets another program could still step in.
package struct ListenerBinder: Sendable {
    /// Connections that the kernel completes ahead of `accept`, for each socket; it applies its own bound (somaxconn)
    /// too.
    package var backlog = 4_096

    package init() {}

    /// Listens on an IP literal and port with one socket for each of `loops`, and gives the channels in their order.
    ///
    /// Port 0 takes a free one, the same for all. `configure` runs for each connection on its loop, gets the loop's
    /// index in `loops` and uses `pipeline.syncOperations`. Connections have TCP_NODELAY and SO_KEEPALIVE set. On
    /// failure nothing stays open.
    package func bind(
        to address: String, port: Int, on loops: [Reactor],
        configure: @escaping @Sendable (StreamChannel, Int) throws -> Void
    ) async throws(BindFailure) -> [Listener] {
        guard let ip = IPAddress(literal: address), let port = UInt16(exactly: port),
            let wanted = try? ip.socketAddress(port: port)
        else { throw .notAnAddress }
        var target = wanted
        if loops.count > 1 {
            let port = try Self.claim(wanted)
            if let claimed = try? ip.socketAddress(port: port) { target = claimed }
        }
        var listeners: [Listener] = []
        for (index, loop) in loops.enumerated() {
            let outcome = await open(target, on: loop, isShared: loops.count > 1) { try configure($0, index) }
            switch outcome {
            case .success(let listener): listeners.append(listener)
            case .failure(let failure):
                for listener in listeners { try? await listener.close() }
                throw failure
            }
        }
        return listeners
    }

    private func open(
        _ target: SocketAddress, on loop: Reactor, isShared: Bool,
        _ configure: @escaping @Sendable (StreamChannel) throws -> Void
    ) async -> Result<Listener, BindFailure> {
        let opened = loop.submit { () -> Result<Listener, BindFailure> in
            do throws(BindFailure) {
                let descriptor = try listen(target, isShared: isShared)
                let listener = Listener(descriptor, on: loop, configure)
                do throws(ReactorFailure) { try listener.start() } catch {
                    close(descriptor)
                    throw BindFailure(errno: error.errno)
                }
                return .success(listener)
            } catch {
                return .failure(error)
            }
        }
        return (try? await opened.get()) ?? .failure(.other(0))
    }

    /// Accepted sockets inherit what is set here.
    private func listen(_ target: SocketAddress, isShared: Bool) throws(BindFailure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(target.protocol.rawValue, kind, 0)
        guard descriptor >= 0 else { throw BindFailure(errno: errno) }
        SocketSwitch.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if isShared { SocketSwitch.set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
        SocketSwitch.set(descriptor, IPPROTO_TCP, TCP_NODELAY)
        SocketSwitch.set(descriptor, SOL_SOCKET, SO_KEEPALIVE)
        let status = unsafe target.withSockAddr { pointer, size in
            unsafe Glibc.bind(descriptor, pointer, socklen_t(size)) == 0
                && Glibc.listen(descriptor, Int32(clamping: max(1, backlog))) == 0 ? 0 : errno
        }
        guard status == 0 else {
            close(descriptor)
            throw BindFailure(errno: status)
        }
        return descriptor
    }

    /// Binds and releases `address` without SO_REUSEPORT; gives its port, chosen by the system for port 0.
    private static func claim(_ address: SocketAddress) throws(BindFailure) -> UInt16 {
        let descriptor = socket(address.protocol.rawValue, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BindFailure(errno: errno) }
        defer { close(descriptor) }
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = unsafe address.withSockAddr { pointer, size in
            unsafe Glibc.bind(descriptor, pointer, socklen_t(size)) == 0 ? 0 : errno
        }
        guard bound == 0 else { throw BindFailure(errno: bound) }
        // Port and family stand at the same place in sockaddr_in and sockaddr_in6: the port at offset 2.
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let port = unsafe withUnsafeMutablePointer(to: &storage) { pointer -> UInt16? in
            let raw = UnsafeMutableRawPointer(pointer)
            let generic = unsafe raw.assumingMemoryBound(to: sockaddr.self)
            guard unsafe getsockname(descriptor, generic, &size) == 0 else { return nil }
            return unsafe UInt16(bigEndian: raw.load(fromByteOffset: 2, as: UInt16.self))
        }
        guard let port else { throw BindFailure(errno: errno) }
        return port
    }
}
