import Exchange
import HTTPWire
import NIOCore
import Network

/// One HTTP/1.1 connection to an origin: carries out what `OriginConnectionState` decides. Bound to its event loop.
///
/// Body bytes are kept until the consumer pulls them; beyond `window` reading stops, so the origin is slowed by the
/// client.
final class OriginConnection: ChannelInboundHandler, StreamReader {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Arrival = Result<OriginResponse, TransportFailure>
    typealias BodyResult = Result<ByteBuffer?, TransportFailure>

    /// Bytes that may wait for the consumer before reading stops.
    private static var window: Int { 128 * 1024 }

    private let loop: LoopContext
    /// Its own constants, for what is reached through another object costs a reference at each call.
    private let turn: LoopTurn
    private let executor: LoopExecutor
    private let limits: PoolLimits
    private let isSecure: Bool
    /// Until this connection has told it of its end.
    private var pool: OriginPool?
    private(set) var state = OriginConnectionState()
    private var context: ChannelHandlerContext?
    /// The socket; on a plain connection bytes go to and fro without the pipeline.
    private var socket: StreamChannel?
    private var parser: ResponseParser
    private var decoder = BodyDecoder(.none)
    private var inbound = ByteBuffer()
    private var chunks = ChunkQueue()
    private var failure: TransportFailure?
    private var isBodyComplete = false
    private var isReadHeld = false
    private var hasEnded = false
    /// Counts exchanges; a body belongs to one of them.
    private(set) var serial = 0
    private var finishedSerial = 0
    private let watchdog: Watchdog
    private var totalDeadline: NIODeadline?
    private var headWaiter: Suspension<Arrival>?
    /// What the waiting task will get at the end of the present read.
    private var arrived: OriginResponse?
    private var bodyWaiter: Suspension<BodyResult>?
    /// The present exchange's client.
    private var cancellation: Cancellation?

    init(loop: LoopContext, limits: PoolLimits, isSecure: Bool, pool: OriginPool) {
        self.loop = loop
        turn = loop.turn
        executor = loop.executor
        self.isSecure = isSecure
        self.limits = limits
        self.pool = pool
        self.parser = ResponseParser(limits: WireLimits())
        self.watchdog = Watchdog(eventLoop: loop.eventLoop)
    }

    var isUsable: Bool { state.isIdle && !hasEnded && context != nil }

    // MARK: the pool's side

    /// Sends an encoded head and waits for the answer's head, at most until `deadline`.
    func exchange(
        _ head: ByteBuffer, isHead: Bool, deadline: NIODeadline, cancellation: Cancellation
    ) async -> Arrival {
        if let failure = send(head, isHead: isHead, deadline: deadline, cancellation: cancellation) {
            return .failure(failure)
        }
        cancellation.listener = self
        return await Suspension<Arrival>.wait { headWaiter = $0 }
    }

    /// Gives the reason when the exchange cannot begin.
    private func send(
        _ head: ByteBuffer, isHead: Bool, deadline: NIODeadline, cancellation: Cancellation
    ) -> TransportFailure? {
        guard context != nil, state.isIdle else { return .closedEarly }
        guard !cancellation.isCancelled else {
            fail(.cancelled)
            return .cancelled
        }
        self.cancellation = cancellation
        state.requestSent(isHead: isHead)
        serial += 1
        isBodyComplete = false
        failure = nil
        let now = loop.moment
        watchdog.set(min(deadline, now + limits.firstByteTimeout))
        totalDeadline = limits.totalTimeout.map { now + $0 }
        if isSecure { context?.write(wrapOutboundOut(head), promise: nil) } else { socket?.enqueue(head) }
        turn.flushAtEnd(self)
        return failure
    }

    /// The connection idles in the pool until `deadline`.
    func park(until deadline: NIODeadline) { watchdog.set(deadline) }

    func close() { fail(.shutDown) }

    /// Closes without a word, so that its place is free at once.
    func drop() { fail(.cancelled) }

    /// The connection never came about: its pool hears no more of it. Answers false when it has heard of its end.
    func disown() -> Bool {
        defer { pool = nil }
        return pool != nil
    }

    // MARK: the consumer's side

    /// Buffered body bytes; nil when none are there.
    func takeAvailable(_ exchange: Int) -> ByteBuffer? { isFinished(exchange) ? nil : takeAvailable() }

    private func takeAvailable() -> ByteBuffer? {
        guard let chunk = chunks.pop() else { return nil }
        finishIfComplete()
        if chunks.weight < Self.window / 2 { releaseReads() }
        return chunk
    }

    func nextChunk(_ exchange: Int) async -> BodyResult {
        if isFinished(exchange) { return .success(nil) }
        if let chunk = takeAvailable() { return .success(chunk) }
        if let failure { return .failure(failure) }
        if isBodyComplete { return .success(nil) }
        guard let cancellation, !cancellation.isCancelled else {
            fail(.cancelled)
            return .failure(.cancelled)
        }
        let idle = loop.moment + limits.bodyIdleTimeout
        watchdog.set(totalDeadline.map { min($0, idle) } ?? idle)
        cancellation.listener = self
        return await Suspension<BodyResult>.wait { bodyWaiter = $0 }
    }

    func boundBody(_ exchange: Int, until deadline: NIODeadline) {
        guard !isFinished(exchange) else { return }
        totalDeadline = totalDeadline.map { min($0, deadline) } ?? deadline
    }

    /// The consumer wants no more: a transfer that is not complete ends with its connection.
    func abandon(_ exchange: Int) {
        guard !isFinished(exchange) else { return }
        if isBodyComplete {
            chunks.removeAll()
            finishIfComplete()
        } else {
            fail(.cancelled)
        }
    }

    // MARK: the channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        socket = context.channel as? StreamChannel
        if !isSecure { socket?.reader = self }
        watchdog.onExpiry = { [self] in deadlinePassed() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
        socket = nil
    }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(state.phase == .body ? .truncated : .closedEarly)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }

    func writabilityChanged(_ isWritable: Bool) {}

    func received(_ bytes: ByteBuffer) {
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeImmutableBuffer(bytes) }
        consume()
        // Much memory is not kept by a connection at rest.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
    }

    func received(copying bytes: RawSpan) {
        inbound.refill(bytes)
        consume()
    }

    func channelReadComplete(context: ChannelHandlerContext) { receivedAll() }

    /// Who waits goes on from here, with all that was read.
    func receivedAll() {
        guard arrived != nil || bodyWaiter != nil else { return }
        executor.expectRun()
        deliver()
        executor.runPending()
    }

    private func consume() {
        while inbound.readableBytes > 0 {
            switch state.bytesArrived() {
            case .ignore:
                inbound = ByteBuffer()
                return
            case .close:
                context?.close(promise: nil)
                return
            case .parseHead(let isHead):
                guard parseHead(isHead: isHead) else { return }
            case .decodeBody:
                decodeBody()
                return
            }
        }
    }

    /// Answers whether a head was complete and more may follow.
    private func parseHead(isHead: Bool) -> Bool {
        do {
            var head = OriginHead(in: inbound)
            guard try parser.parse(&inbound, isHead: isHead, into: &head) else { return false }
            guard head.status >= 200 else {
                return head.status != 101 || failed(.invalidResponse(.malformed(.badStatus)))
            }
            state.headArrived(head)
            watchdog.set(totalDeadline)
            decoder = BodyDecoder(head.framing)
            arrived = OriginResponse(consume head, self, exchange: serial)
            decodeBody()
        } catch {
            return failed(.invalidResponse(error))
        }
        return false
    }

    private func failed(_ failure: TransportFailure) -> Bool {
        fail(failure)
        return false
    }

    private func decodeBody() {
        do {
            while !isBodyComplete {
                switch try decoder.next(&inbound) {
                case .needsMore: return holdReadsIfFull()
                case .chunk(let chunk): chunks.push(chunk)
                case .end: isBodyComplete = true
                }
                if decoder.isAtEnd { isBodyComplete = true }
            }
        } catch {
            fail(.invalidResponse(error))
        }
    }

    private func holdReadsIfFull() {
        guard chunks.weight > Self.window, !isReadHeld else { return }
        isReadHeld = true
        socket?.setReading(false)
    }

    private func releaseReads() {
        guard isReadHeld else { return }
        isReadHeld = false
        socket?.setReading(true)
    }

    /// Gives the waiting consumer what is there.
    private func deliver() {
        if let response = arrived.take() {
            cancellation?.listener = nil
            headWaiter.take()?.resume(.success(response))
            return finishIfComplete()
        }
        guard bodyWaiter != nil else { return }
        if let chunk = takeAvailable() {
            resumeBody(.success(chunk))
        } else if let failure {
            resumeBody(.failure(failure))
        } else if isBodyComplete {
            finishIfComplete()
            resumeBody(.success(nil))
        }
    }

    private func resumeBody(_ result: BodyResult) {
        guard let waiter = bodyWaiter.take() else { return }
        cancellation?.listener = nil
        // With the last chunk the connection went back to its pool, whose time runs now.
        if state.phase == .body { watchdog.set(totalDeadline) }
        waiter.resume(result)
    }

    // MARK: ends

    /// Whether the answer of that exchange was taken to its end, so that the connection may serve others by now.
    func isFinished(_ exchange: Int) -> Bool { finishedSerial >= exchange }

    /// Hands the connection back once its answer is complete and taken.
    private func finishIfComplete() {
        guard isBodyComplete, chunks.isEmpty, finishedSerial < serial, state.phase == .body else { return }
        finishedSerial = serial
        forgetClient()
        watchdog.set(nil)
        let hasStrayBytes = inbound.readableBytes > 0
        switch state.bodyEnded() {
        case .keep where !hasStrayBytes:
            releaseReads()
            pool?.giveBack(self)
        case .keep, .close:
            state.closed()
            context?.close(promise: nil)
        }
    }

    /// The next exchange is another client's: this one must not end it by leaving.
    private func forgetClient() {
        cancellation?.listener = nil
        cancellation = nil
    }

    private func ended() {
        guard !hasEnded else { return }
        hasEnded = true
        if state.phase == .body, !isBodyComplete, decoder.connectionEnded() { isBodyComplete = true }
        fail(state.phase == .body ? .truncated : .closedEarly)
        watchdog.stop()
        pool?.connectionClosed(self)
        pool = nil
    }

    private func deadlinePassed() {
        switch state.phase {
        case .idle, .closed: context?.close(promise: nil)
        case .awaitingHead: fail(.timedOut)
        case .body: fail(.bodyTimedOut)
        }
    }

    /// Ends the connection; who waits is told, buffered bytes of a complete body stay readable.
    private func fail(_ why: TransportFailure) {
        guard state.phase != .closed else { return }
        let isIntact = state.phase == .body && isBodyComplete && why != .cancelled
        state.closed()
        if !isIntact { failure = why }
        if !isIntact { arrived = nil }
        if arrived == nil, let waiter = headWaiter.take() {
            cancellation?.listener = nil
            waiter.resume(.failure(why))
        }
        deliver()
        forgetClient()
        hangUp(orderly: why == .shutDown || !isSecure)
    }

    /// An orderly end of TLS waits for the origin's, which may be busy sending what nobody wants any more.
    private func hangUp(orderly: Bool) {
        guard !orderly, let socket else {
            context?.close(promise: nil)
            return
        }
        socket.setReading(false)
        // Later: TLS may be in the midst of handing bytes over.
        loop.eventLoop._executeIsolatedUnsafeUnchecked {
            socket.close0(error: ChannelError.eof, mode: .all, promise: nil)
        }
    }
}

extension OriginConnection: TurnFlushable {
    func turnEnds() {
        if isSecure { context?.flush() } else { socket?.flush0() }
    }
}

extension OriginConnection: CancellationListener {
    func cancelled() { fail(.cancelled) }
}
