import Glibc
import NIOCore
import NIOPosix

/// A client's connection: sends bytes as they are given and keeps the bytes that come.
final class Client: Sendable {
    enum End: Sendable, Equatable { case closed, reset }

    struct State: Sendable, CustomStringConvertible {
        var received: [UInt8] = []
        /// Bytes that ever came.
        var total = 0
        var end: End?

        var description: String {
            "end \(end.map { "\($0)" } ?? "none"), \(total) bytes, "
                + "unread: \(String(decoding: received.prefix(600), as: UTF8.self))"
        }
    }

    let watched: Watched<State>
    private let channel: any Channel

    private init(_ channel: any Channel, _ watched: Watched<State>) {
        self.channel = channel
        self.watched = watched
    }

    /// `receiveBuffer` makes the kernel hold so few bytes that a client that does not read is felt at once.
    static func connect(
        to address: SocketAddress?, isReading: Bool = true, receiveBuffer: Int? = nil
    ) async throws -> Client {
        struct NoAddress: Error {}
        guard let address else { throw NoAddress() }
        var bootstrap = ClientBootstrap(group: Loops.outside)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: isReading)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
        }
        let watched = Watched(State())
        let channel = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ear(watched)) }
        }.connect(to: address).get()
        return Client(channel, watched)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Sends and does not care whether the other side takes it.
    func push(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// The next whole answer.
    func reply(isHead: Bool = false, within limit: Duration = .seconds(20)) async throws -> Reply {
        try await watched.take("an answer", within: limit) {
            Reply.take(from: &$0.received, isHead: isHead, hasEnded: $0.end != nil)
        }
    }

    /// Sends a request and takes its answer.
    func ask(_ target: String, method: String = "GET", _ lines: String = "") async throws -> Reply {
        try await send("\(method) \(target) HTTP/1.1\r\nHost: proxy\r\n\(lines)\r\n")
        return try await reply(isHead: method == "HEAD")
    }

    /// How the connection ended.
    func end(within limit: Duration = .seconds(20)) async throws -> End {
        try await watched.take("the connection's end", within: limit) { $0.end }
    }

    func setReading(_ isOn: Bool) async throws { try await channel.setOption(.autoRead, value: isOn).get() }

    func close() async { try? await channel.close() }

    /// Closes with a reset instead of a FIN.
    func reset() async {
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }

    private final class Ear: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let watched: Watched<State>

        init(_ watched: Watched<State>) { self.watched = watched }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            watched.change {
                $0.received += bytes.readableBytesView
                $0.total += bytes.readableBytes
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            watched.change { if $0.end == nil { $0.end = .reset } }
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            watched.change { if $0.end == nil { $0.end = .closed } }
        }
    }
}
