import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server that answers questions byte for byte as a test says, and remembers them.
final class ScriptedProvider: Sendable {
    struct Seen: Sendable {
        let head: String
        let body: String
        /// Counts connections from 0.
        let connection: Int
        /// Counts all requests from 0.
        let number: Int

        var bytes: String { head + body }
    }

    enum Step: Sendable {
        case send(String)
        /// Waits until the test says `go`.
        case hold
        case close
    }

    typealias Script = @Sendable (Seen) -> [Step]

    private struct State {
        var script: Script
        var requests: [Seen] = []
        var connections = 0
        var isHolding = true
    }

    private let state: NIOLockedValueBox<State>
    private let listener: any Channel

    var port: Int { listener.localAddress?.port ?? 0 }
    var requests: [Seen] { state.withLockedValue { $0.requests } }

    private init(_ state: NIOLockedValueBox<State>, _ listener: any Channel) {
        self.state = state
        self.listener = listener
    }

    static func start(_ script: @escaping Script) async throws -> ScriptedProvider {
        let state = NIOLockedValueBox(State(script: script))
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Actor(state))
                }
            }
            .bind(to: SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
        return ScriptedProvider(state, listener)
    }

    /// From now on questions are answered so.
    func answer(_ script: @escaping Script) { state.withLockedValue { $0.script = script } }

    /// Lets everything on that holds.
    func go() { state.withLockedValue { $0.isHolding = false } }

    func stop() async { try? await listener.close() }

    /// Plays one connection's part.
    private final class Actor: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let state: NIOLockedValueBox<State>
        private var number = 0
        private var received = ""
        private var steps: [Step] = []

        init(_ state: NIOLockedValueBox<State>) { self.state = state }

        func channelActive(context: ChannelHandlerContext) {
            number = state.withLockedValue { state in
                state.connections += 1
                return state.connections - 1
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            while let request = takeRequest() {
                steps += state.withLockedValue { state in
                    let seen = Seen(
                        head: request.head, body: request.body, connection: number, number: state.requests.count)
                    state.requests.append(seen)
                    return state.script(seen)
                }
            }
            play(context)
        }

        private func takeRequest() -> (head: String, body: String)? {
            guard let end = received.firstRange(of: "\r\n\r\n")?.upperBound else { return nil }
            let head = String(received[..<end])
            let words = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            let length = words.flatMap { Int($0.dropFirst(16)) } ?? 0
            let rest = received[end...].utf8
            guard rest.count >= length else { return nil }
            let body = String(decoding: rest.prefix(length), as: UTF8.self)
            received = String(decoding: rest.dropFirst(length), as: UTF8.self)
            return (head, body)
        }

        private func play(_ context: ChannelHandlerContext) {
            while context.channel.isActive, let step = steps.first {
                switch step {
                case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                case .hold:
                    guard !state.withLockedValue({ $0.isHolding }) else {
                        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(2)) { [self] in
                            play(context)
                        }
                        return
                    }
                case .close: context.close(promise: nil)
                }
                steps.removeFirst()
            }
        }
    }
}

/// What scripted providers say.
enum Say {
    static func json(_ body: String, status: Int = 200, _ lines: String = "") -> ScriptedProvider.Step {
        .send(
            """
            HTTP/1.1 \(status) Said\r
            Content-Type: application/json\r
            \(lines)Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """)
    }
}
