import NIOCore
import NIOPosix

@testable import Network

/// Sockets that take packets and never answer.
enum BlackHole {
    /// A UDP port of 127.0.0.1 that swallows questions, open while `body` runs.
    static func nameServer(port: Int = 0, _ body: (String) async throws -> Void) async throws {
        let address = try IPAddress.loopbackV4.socketAddress(port: UInt16(port))
        let socket = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(to: address).get()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body("127.0.0.1:\(socket.localAddress?.port ?? 0)"))
        } catch {
            result = .failure(error)
        }
        try await socket.close()
        try result.get()
    }

    /// A TCP port of `address` whose queue is full, so that the kernel drops every further SYN, while `body` runs.
    static func listener(
        _ address: IPAddress, port: Int = 0, _ body: (Int) async throws -> Void
    ) async throws {
        let listener = try StreamSocket()
        try listener.bind(address.socketAddress(port: UInt16(port)))
        try listener.listen()
        let target = try address.socketAddress(port: UInt16(listener.port()))
        let fill = try (0..<4).map { _ in
            let socket = try StreamSocket()
            socket.startConnecting(target)
            return socket
        }
        try await Task.sleep(for: .milliseconds(50))
        defer { withExtendedLifetime((listener, fill)) {} }
        try await body(target.port ?? 0)
    }
}
