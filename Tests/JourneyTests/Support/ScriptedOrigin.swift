import Glibc
import NIOCore
import NIOPosix

/// An origin that answers byte for byte what a test says, well or ill, and remembers what it was asked.
final class ScriptedOrigin: Sendable {
    /// A request as it came.
    struct Seen: Sendable {
        /// Request line and field lines.
        let head: String
        let body: String
        /// Counts connections from 0.
        let connection: Int
        /// Counts the requests of this connection from 0.
        let serial: Int

        var method: String { word(0) }
        var target: String { word(1) }
        var names: [String] { Reply.lines(of: head).map(\.name) }

        subscript(_ name: String) -> String? { Reply.lines(of: head).first { $0.name == name }?.value }

        private func word(_ index: Int) -> String {
            let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
            return index < words.count ? String(words[index]) : ""
        }
    }

    enum Step: Sendable {
        case send(String)
        /// So many bytes, as fast as they are taken.
        case flood(Int)
        /// Milliseconds.
        case pause(Int64)
        /// Waits until the test says `go`.
        case hold
        case close
        case reset
    }

    typealias Script = @Sendable (Seen) -> [Step]

    struct State: Sendable {
        var script: Script
        /// Sent as soon as somebody connects.
        var greeting = ""
        var requests: [Seen] = []
        var opened = 0
        var closed = 0
        /// Bytes of floods that the system has taken.
        var flooded = 0
        var isHolding = true
    }

    let watched: Watched<State>
    private let listener: any Channel

    var port: Int { listener.localAddress?.port ?? 0 }
    var requests: [Seen] { watched.state.requests }

    private init(_ watched: Watched<State>, _ listener: any Channel) {
        self.watched = watched
        self.listener = listener
    }

    static func start(_ script: @escaping Script) async throws -> ScriptedOrigin {
        let watched = Watched(State(script: script))
        let listener = try await ServerBootstrap(group: Loops.outside)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(OriginActor(watched))
                }
            }
            .bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
        return ScriptedOrigin(watched, listener)
    }

    /// From now on requests are answered so.
    func answer(_ script: @escaping Script) { watched.change { $0.script = script } }

    /// Lets everything on that holds.
    func go() { watched.change { $0.isHolding = false } }

    func stop() async { try? await listener.close() }
}

/// Plays one connection's part.
private final class OriginActor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let watched: Watched<ScriptedOrigin.State>
    private var number = 0
    private var serial = 0
    private var received: [UInt8] = []
    private var steps: [ScriptedOrigin.Step] = []
    private var isBusy = false
    private var floodLeft = 0

    init(_ watched: Watched<ScriptedOrigin.State>) { self.watched = watched }

    func channelActive(context: ChannelHandlerContext) {
        let greeting: String
        (number, greeting) = watched.change { state in
            state.opened += 1
            return (state.opened - 1, state.greeting)
        }
        if !greeting.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)), promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { watched.change { $0.closed += 1 } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytesView
        play(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { if floodLeft > 0 { flood(context) } }

    private func play(_ context: ChannelHandlerContext) {
        while !isBusy, context.channel.isActive {
            if steps.isEmpty {
                guard let end = received.endOfHead else { return }
                let head = String(decoding: received[..<end], as: UTF8.self)
                let length = Reply.lines(of: head).first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
                guard received.count >= end + length else { return }
                let body = String(decoding: received[end..<(end + length)], as: UTF8.self)
                received.removeFirst(end + length)
                let seen = ScriptedOrigin.Seen(head: head, body: body, connection: number, serial: serial)
                serial += 1
                steps = watched.change { state in
                    state.requests.append(seen)
                    return state.script
                }(seen)
                if steps.isEmpty { return }
            }
            take(steps.removeFirst(), context)
        }
    }

    private func take(_ step: ScriptedOrigin.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .flood(let count):
            isBusy = true
            floodLeft = count
            flood(context)
        case .pause(let milliseconds): rest(milliseconds, context) { _ in true }
        case .hold: rest(2, context) { !$0.isHolding }
        case .close: context.close(promise: nil)
        case .reset:
            let channel = context.channel
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }

    private func rest(
        _ milliseconds: Int64, _ context: ChannelHandlerContext,
        until isOver: @escaping @Sendable (ScriptedOrigin.State) -> Bool
    ) {
        isBusy = true
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [self] in
            guard isOver(watched.state) else { return rest(milliseconds, context, until: isOver) }
            isBusy = false
            play(context)
        }
    }

    private func flood(_ context: ChannelHandlerContext) {
        while floodLeft > 0, context.channel.isWritable {
            let count = min(floodLeft, 32_768)
            floodLeft -= count
            let sent = context.eventLoop.makePromise(of: Void.self)
            let watched = watched
            sent.futureResult.whenSuccess { watched.change { $0.flooded += count } }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0x78, count: count)), promise: sent)
        }
        guard floodLeft == 0, isBusy else { return }
        isBusy = false
        play(context)
    }
}
