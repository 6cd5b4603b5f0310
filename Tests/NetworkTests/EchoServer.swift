import NIOCore
import NIOSSL

@testable import Network

/// Sends back what it gets, over TCP or TLS, on an address of this machine.
struct EchoServer: Sendable {
    private let listener: Listener

    var port: Int { listener.localAddress?.port ?? 0 }

    init(_ address: String = "127.0.0.1", port: Int = 0, tls: NIOSSLContext? = nil) async throws {
        let loop = try Outside.loop()
        let listeners = try await ListenerBinder().bind(to: address, port: port, on: [loop]) { channel, _ in
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
            try channel.pipeline.syncOperations.addHandler(Echo())
        }
        listener = listeners[0]
    }

    func stop() async throws { try await listener.close() }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Gives the first bytes that come in.
final class FirstRead: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<String>

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed(String(buffer: unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
