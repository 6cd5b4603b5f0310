import CLinux
import Glibc
import NIOCore

/// A listening socket on one loop: accepts connections and hands them to who configures them. Bound to its loop, but
/// for `close`, which goes there, and the address, which never changes: that is why it is Sendable.
package final class Listener: PollSource, @unchecked Sendable {
    package let eventLoop: Reactor
    package let localAddress: SocketAddress?
    private let configure: (StreamChannel) throws -> Void
    private var isOpen = true

    /// Connections that are accepted before other sockets have their turn again.
    private static let acceptsPerTurn = 64
    /// How long accepting rests when the system has no descriptor or memory left.
    private static let rest = TimeAmount.milliseconds(50)

    /// Takes over a socket that listens already; call on the loop.
    init(_ descriptor: Int32, on loop: Reactor, _ configure: @escaping (StreamChannel) throws -> Void) {
        eventLoop = loop
        localAddress = SocketName.local(descriptor)
        self.configure = configure
        super.init(descriptor: descriptor, interest: EPOLLIN.rawValue)
    }

    func start() throws(ReactorFailure) { try eventLoop.watch(self) }

    package func close() async throws {
        try await eventLoop.submit { [self] in shut() }.get()
    }

    override func loopEnds() { shut() }

    func shut() {
        guard isOpen else { return }
        isOpen = false
        eventLoop.forget(self)
        Glibc.close(descriptor)
    }

    override func ready(_ events: UInt32) {
        for _ in 0..<Self.acceptsPerTurn where isOpen {
            let (accepted, peer) = SocketName.accept(descriptor)
            if accepted >= 0 {
                welcome(accepted, peer)
                continue
            }
            switch errno {
            case EAGAIN: return
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return takeRest()
            // Any other error is that of one connection that went away before it was accepted.
            default: continue
            }
        }
    }

    private func welcome(_ accepted: Int32, _ peer: SocketAddress?) {
        let channel = StreamChannel(accepted, on: eventLoop, peer: peer)
        do {
            try configure(channel)
            try channel.start()
        } catch {
            channel.close0(error: error, mode: .all, promise: nil)
        }
    }

    /// The connections wait in the kernel meanwhile.
    private func takeRest() {
        interest = 0
        eventLoop.update(self)
        eventLoop.scheduleTask(in: Self.rest) { [self] in
            guard isOpen else { return }
            interest = EPOLLIN.rawValue
            eventLoop.update(self)
        }
    }
}

/// The names of sockets, as NIO spells them.
enum SocketName {
    static func local(_ descriptor: Int32) -> SocketAddress? {
        unsafe read { unsafe getsockname(descriptor, $0, $1) == 0 }
    }

    static func accept(_ descriptor: Int32) -> (Int32, SocketAddress?) {
        var accepted: Int32 = -1
        let peer = unsafe read { address, size in
            accepted = unsafe accept_nonblocking(descriptor, address, size)
            return accepted >= 0
        }
        return (accepted, peer)
    }

    private static func read(
        _ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Bool
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            guard unsafe fill(raw.assumingMemoryBound(to: sockaddr.self), &size) else { return nil }
            switch unsafe Int32(pointer.pointee.ss_family) {
            case AF_INET: return unsafe SocketAddress(raw.assumingMemoryBound(to: sockaddr_in.self).pointee)
            case AF_INET6: return unsafe SocketAddress(raw.assumingMemoryBound(to: sockaddr_in6.self).pointee)
            default: return nil
            }
        }
    }
}
