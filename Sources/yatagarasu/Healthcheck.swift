import ArgumentParser
import Exchange
import Glibc
import HTTPWire
import Network
import NIOCore
import Settings

/// Asks `/health` of the configured address: the health check of images that have no shell.
struct Healthcheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask /health of the configured address; exit 0 or 1.",
        usage: "yatagarasu healthcheck [--config <file>]",
        discussion: """
            --config, -c <file> names the configuration whose `server` is asked; without it the same one is used that \
            would be served.
            """)

    /// Why an answer is not the one of a healthy server.
    private enum Failure: Error {
        case system(Int32)
        case noHTTP
        case status(Int)

        var explanation: String {
            switch self {
            case .system(ECONNREFUSED): "the connection was refused"
            case .system(EAGAIN), .system(EINPROGRESS), .system(ETIMEDOUT): "no answer in two seconds"
            case .system(EHOSTUNREACH), .system(ENETUNREACH): "the address cannot be reached"
            case .system(ECONNRESET): "the connection was closed before an answer"
            case .system(let code): "system error \(code)"
            case .noHTTP: "what answers there does not speak HTTP/1.1"
            case .status(let status): "status \(status)"
            }
        }
    }

    @ParentCommand var program: Yatagarasu

    func run() async throws {
        try program.refuseOptions(of: "healthcheck", exceptConfig: true)
        let (configuration, _) = try ConfigurationFile.load(program.configs.first)
        let server = configuration.server
        let text = server.address.text
        // A server that listens on every address is asked on loopback.
        let host = text == "0.0.0.0" ? "127.0.0.1" : (text == "::" ? "::1" : text)
        guard server.port != 0, let address = try? Network.IPAddress(literal: host)?.socketAddress(port: server.port)
        else { throw Terminal.failure("the configured address cannot be asked: port \(server.port) of \(host)") }
        do throws(Failure) {
            try Self.ask(address, preface: Self.preface(server, address))
        } catch {
            let place = host.contains(":") ? "[\(host)]" : host
            Terminal.complain("unhealthy: http://\(place):\(server.port)/health: \(error.explanation)")
            throw ExitCode(1)
        }
        try Terminal.print("healthy")
    }

    /// What a trusted hop must say first where the server speaks the PROXY protocol: that it speaks for itself.
    private static func preface(_ server: ServerSettings, _ address: SocketAddress) -> [UInt8] {
        guard let own = NumericAddress(address), AddressSet(server.trustedProxies).contains(own) else {
            return []
        }
        switch server.proxyProtocol {
        case .off: return []
        case .v1, .any: return Array("PROXY UNKNOWN\r\n".utf8)
        case .v2: return ProxyHeaderParser.local
        }
    }

    /// One request over a blocking socket, at most two seconds for each step.
    private static func ask(_ address: SocketAddress, preface: [UInt8]) throws(Failure) {
        let descriptor = socket(address.protocol.rawValue, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let failed = unsafe address.withSockAddr { unsafe connect(descriptor, $0, socklen_t($1)) == 0 ? 0 : errno }
        guard failed == 0 else { throw .system(failed) }
        let request = preface + Array("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        let sent = unsafe send(descriptor, request, request.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
        guard sent == request.count else { throw .system(errno) }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = unsafe recv(descriptor, &answer, answer.count, 0)
        guard count >= 0 else { throw .system(errno) }
        guard count > 0 else { throw .system(ECONNRESET) }
        guard count >= 12, answer.starts(with: Array("HTTP/1.1 ".utf8)),
            let status = Int(String(decoding: answer[9..<12], as: UTF8.self))
        else { throw .noHTTP }
        guard status == 200 else { throw .status(status) }
    }
}
