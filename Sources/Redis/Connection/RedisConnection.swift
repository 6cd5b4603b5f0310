import Exchange
import NIOCore
import Network

/// One connection to a Redis server: commands go out as they come and share writes, replies come back in order. Bound
/// to its event loop.
///
/// When the oldest command has no reply in time the connection is closed, for a reply that came later would be taken
/// for another's.
package final class RedisConnection: ChannelInboundHandler, StreamReader {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let loop: LoopContext
    private let turn: LoopTurn
    private let executor: LoopExecutor
    private let limits: RedisLimits
    private let isSecure: Bool
    private var pipeline: RedisPipeline
    private var reader: ReplyReader
    private var context: ChannelHandlerContext?
    /// The socket; on a plain connection bytes go to and fro without the pipeline of handlers.
    private var socket: StreamChannel?
    /// Small commands of this turn, which leave together.
    private var outbound = ByteBuffer()
    private var isFlushPlanned = false
    private let watchdog: Watchdog
    /// Why it ended; nil while it can be used.
    package private(set) var end: RedisFailure?
    /// Gets what the server says unasked.
    package var onPush: ((RESPValue) -> Void)?
    /// Told once, after all who waited were told.
    package var onEnd: ((RedisFailure) -> Void)?
    /// Told when a reply has come, with what is outstanding still.
    var onReply: ((Int) -> Void)?

    init(loop: LoopContext, limits: RedisLimits, isSecure: Bool) {
        self.loop = loop
        turn = loop.turn
        executor = loop.executor
        self.limits = limits
        self.isSecure = isSecure
        pipeline = RedisPipeline(capacity: limits.maxOutstanding)
        reader = ReplyReader(limits: limits.replies)
        watchdog = Watchdog(eventLoop: loop.eventLoop)
    }

    var isUsable: Bool { end == nil && context != nil }
    /// Commands that have no reply yet.
    package var outstanding: Int { pipeline.count }
    var hasRoom: Bool { isUsable && pipeline.hasRoom && unsentBytes < limits.maxUnsentBytes }
    private var unsentBytes: Int { outbound.readableBytes + (socket?.unsentBytes ?? 0) }

    /// Sends a command and waits for its reply, `operationTimeout` at most unless a deadline is given. An error that
    /// the server answers with is thrown.
    package func send(
        _ command: RedisCommand, deadline: NIODeadline? = nil, cancellation: Cancellation? = nil
    ) async throws(RedisFailure) -> RESPValue {
        let waiter = ReplyWaiter(command, until: deadline ?? loop.moment + limits.operationTimeout, cancellation)
        return try await wait(waiter)
    }

    /// Subscribes and waits for the confirmation; messages go to `onPush`.
    package func subscribe(to channel: String) async throws(RedisFailure) {
        let waiter = ReplyWaiter(
            RedisCommand("SUBSCRIBE", [.text(channel)]), until: loop.moment + limits.operationTimeout,
            isSubscription: true)
        _ = try await wait(waiter)
    }

    private func wait(_ waiter: ReplyWaiter) async throws(RedisFailure) -> RESPValue {
        let value = try await waiter.wait { begin(waiter) }.get()
        if let text = value.errorText { throw .refused(RedisRefusal(Array(text.readableBytesView))) }
        return value
    }

    /// Sends the waiter's command; its reply, whatever it is, goes to the waiter.
    func begin(_ waiter: ReplyWaiter) {
        guard end == nil, context != nil else { return waiter.resume(.failure(end ?? .connectionLost)) }
        guard hasRoom, pipeline.append(waiter) else { return waiter.resume(.failure(.overloaded)) }
        if pipeline.count == 1 { watchdog.set(waiter.deadline) }
        write(waiter.command)
    }

    /// Ends the connection and whoever waits on it.
    package func close() { fail(.shutDown) }

    // MARK: writing

    private func write(_ command: RedisCommand) {
        outbound.writeImmutableBuffer(command.head)
        for segment in command.rest {
            if segment.readableBytes < RedisCommand.sharesFrom {
                outbound.writeImmutableBuffer(segment)
            } else {
                hand(&outbound)
                var segment = segment
                hand(&segment)
            }
        }
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        turn.flushAtEnd(self)
    }

    private func hand(_ bytes: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        let whole = bytes
        bytes = ByteBuffer()
        if isSecure { context?.write(wrapOutboundOut(whole), promise: nil) } else { socket?.enqueue(whole) }
    }

    // MARK: the channel's events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        socket = context.channel as? StreamChannel
        if !isSecure { socket?.reader = self }
        watchdog.onExpiry = { [self] in fail(.timedOut) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        fail(.connectionLost)
        self.context = nil
        socket = nil
    }

    package func channelInactive(context: ChannelHandlerContext) { fail(.connectionLost) }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(.connectionLost) }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }

    package func channelReadComplete(context: ChannelHandlerContext) { receivedAll() }

    package func writabilityChanged(_ isWritable: Bool) {}

    package func received(_ bytes: ByteBuffer) {
        reader.append(bytes)
        consume()
    }

    package func received(copying bytes: RawSpan) {
        reader.append(copying: bytes)
        consume()
    }

    /// Who got replies goes on from here.
    package func receivedAll() { executor.runPending() }

    private func consume() {
        do throws(RESPFailure) {
            while end == nil, let value = try reader.next() { take(value) }
        } catch {
            fail(.protocolViolation(error))
        }
    }

    private func take(_ value: RESPValue) {
        switch pipeline.arrived(value) {
        case .reply(let waiter):
            watchdog.set(pipeline.oldest?.deadline)
            waiter.resume(.success(value))
            onReply?(pipeline.count)
        case .push: onPush?(value)
        case .unexpected: fail(.protocolViolation(nil))
        }
    }

    // MARK: ends

    /// Ends the connection; who waits is told.
    func fail(_ why: RedisFailure) {
        guard end == nil else { return }
        end = why
        watchdog.stop()
        reader = ReplyReader(limits: limits.replies)
        outbound = ByteBuffer()
        for waiter in pipeline.end() { waiter.resume(.failure(why)) }
        onReply = nil
        onPush = nil
        onEnd.take()?(why)
        hangUp()
    }

    /// Without an orderly end of TLS, which would wait for a server that may be stuck.
    private func hangUp() {
        guard let socket else { return }
        socket.setReading(false)
        // Later: TLS may be in the midst of handing bytes over.
        loop.eventLoop._executeIsolatedUnsafeUnchecked {
            socket.close0(error: ChannelError.eof, mode: .all, promise: nil)
        }
    }
}

extension RedisConnection: TurnFlushable {
    package func turnEnds() {
        isFlushPlanned = false
        guard end == nil else { return }
        hand(&outbound)
        if isSecure { context?.flush() } else { socket?.flush0() }
    }
}
