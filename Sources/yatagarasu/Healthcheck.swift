import ArgumentParser
import Glibc
import Network
import NIOCore
import NIOPosix
import Settings

/// Asks `/health` of the configured address: the health check of images that have no shell.
struct Healthcheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask /health of the configured address; exit 0 or 1.")

    @ParentCommand var program: Yatagarasu

    func run() async throws {
        let (configuration, _) = try ConfigurationFile.load(program.config)
        let server = configuration.server
        guard let address = Self.target(server) else {
            Terminal.complain("Error: the configured address cannot be asked")
            throw ExitCode(1)
        }
        guard let status = Self.ask(address), status == 200 else {
            Terminal.complain("unhealthy")
            throw ExitCode(1)
        }
        try Terminal.print("healthy")
    }

    /// A server that listens on every address is asked on loopback.
    private static func target(_ server: ServerSettings) -> SocketAddress? {
        let text = server.address.text
        let host = text == "0.0.0.0" ? "127.0.0.1" : (text == "::" ? "::1" : text)
        return try? Network.IPAddress(literal: host)?.socketAddress(port: server.port)
    }

    /// One request over a blocking socket, at most two seconds for each step.
    private static func ask(_ address: SocketAddress) -> Int? {
        let descriptor = socket(address.protocol.rawValue, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let isConnected = unsafe address.withSockAddr { unsafe connect(descriptor, $0, socklen_t($1)) == 0 }
        let request = Array("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard isConnected, unsafe send(descriptor, request, request.count, 0) == request.count else { return nil }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = unsafe recv(descriptor, &answer, answer.count, 0)
        guard count >= 12, answer.starts(with: Array("HTTP/1.1 ".utf8)) else { return nil }
        return Int(String(decoding: answer[9..<12], as: UTF8.self))
    }
}
