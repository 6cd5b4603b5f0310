import Exchange
import HTTPWire
import NIOCore
import Network
import Settings
import Telemetry

/// One HTTP/1.1 connection to a client: carries out what `HTTP1ConnectionState` decides. Bound to its event loop.
///
/// Requests are answered one after the other, each by a task of `AnsweringTasks`; bytes of further
/// (pipelined) requests wait, and reading stops while too many of them wait or the client does not take its answers.
final class HTTP1Connection: ChannelInboundHandler, StreamReader {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let worker: ServerWorker
    let isSecure: Bool
    /// Its own constants, for what is reached through another object costs a reference at each call.
    private let loop: LoopContext
    let turn: LoopTurn
    private let responder: any Responder
    private let tasks: AnsweringTasks

    var state = HTTP1ConnectionState()
    var context: ChannelHandlerContext?
    /// The socket; on a plain connection bytes go to and fro without the pipeline.
    private(set) var socket: StreamChannel?
    var parser: RequestParser
    var inbound = ByteBuffer()
    var requestBody: RequestBody?
    let watchdog: Watchdog
    var writer = WriterState()

    /// The request that is being answered.
    private var request: Request?
    private let cancellation = Cancellation()
    /// Past the limit of connections it is served only the proxy's own paths.
    var client: Client
    /// Awaited before the first request: in it a trusted peer says for whom it connects.
    var proxyHeader: ProxyHeaderParser?
    private var isOpened = false
    private var isRunning = false
    private var isAdvancing = false
    private var isReadHeld = false

    init(worker: ServerWorker, isSecure: Bool, isOverLimit: Bool) {
        self.worker = worker
        self.isSecure = isSecure
        loop = worker.loop
        turn = loop.turn
        responder = worker.responder
        tasks = worker.tasks
        client = Client(peer: nil, isOverLimit: isOverLimit)
        self.parser = RequestParser(limits: worker.limits)
        self.watchdog = Watchdog(eventLoop: worker.loop.eventLoop)
    }

    /// Whether an answer is under way, its last bytes in our buffers included.
    var isBusy: Bool { isRunning || state.isAnswering || (state.phase != .closed && hasUnsent) }

    // MARK: the channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        socket = context.channel as? StreamChannel
        if !isSecure { socket?.reader = self }
        if context.channel.isActive { opened(context) }
    }

    func channelActive(context: ChannelHandlerContext) { opened(context) }

    private func opened(_ context: ChannelHandlerContext) {
        guard !isOpened else { return }
        isOpened = true
        client = Client(
            peer: context.remoteAddress, trusted: worker.trustedProxies, isOverLimit: client.isOverLimit)
        if client.isTrusted { proxyHeader = worker.proxyHeader }
        worker.add(self)
        watchdog.onExpiry = { [self] in deadlinePassed() }
        watchdog.set(.now() + .init(min(worker.settings.headerTimeout, worker.settings.idleTimeout)))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }

    func receivedAll() {}

    func received(_ bytes: ByteBuffer) {
        worker.counts.bytesReceived(bytes.readableBytes)
        guard state.takesInput else { return }
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeImmutableBuffer(bytes) }
        advance()
    }

    func received(copying bytes: RawSpan) {
        worker.counts.bytesReceived(bytes.byteCount)
        guard state.takesInput else { return }
        inbound.refill(bytes)
        advance()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { writabilityChanged(context.channel.isWritable) }

    func writabilityChanged(_ isWritable: Bool) {
        writer.isWritable = isWritable
        guard writer.isWritable else { return }
        resumeWriter(with: .success(()))
        if !isRunning { advance() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        closed()
        self.context = nil
        socket = nil
    }

    private func closed() {
        guard state.phase != .closed || watchdog.onExpiry != nil else { return }
        state.closed()
        watchdog.stop()
        requestBody?.fail(Fault(.badRequest, detail: "the client left"))
        requestBody = nil
        inbound = ByteBuffer()
        resumeWriter(with: .failure(ClientGone()))
        cancellation.cancel(worker.stage == .stopped ? .serverEnds : .clientLeft)
        if !isRunning { worker.remove(self) }
    }

    // MARK: requests

    /// Takes what the buffer holds as far as the state allows. A loop, so that pipelined requests do not nest.
    func advance() {
        guard !isAdvancing, !isRunning else {
            feedRequestBody()
            holdReadsIfFull()
            return
        }
        isAdvancing = true
        defer { isAdvancing = false }
        while !isRunning, step() {}
        holdReadsIfFull()
    }

    /// One step; answers whether another may follow.
    private func step() -> Bool {
        if state.phase == .draining {
            feedRequestBody()
            return state.phase == .idle
        }
        guard state.canReadHead, writer.isWritable, context != nil else { return false }
        if worker.stage == .stopped { return false }
        guard inbound.readableBytes > 0 else { return false }
        if proxyHeader != nil { return takeProxyHeader() }
        do {
            var head = RequestHead(in: inbound)
            guard try parser.parse(&inbound, into: &head) else {
                if state.headBegan() { watchdog.set(.now() + .init(worker.settings.headerTimeout)) }
                return false
            }
            start(consume head)
        } catch {
            refuse(ProxyHeaderParser.isMeant(by: inbound) ? Self.strayProxyHeader : error.fault)
        }
        return true
    }

    private static let strayProxyHeader = Fault(
        .badRequest,
        detail: "a PROXY header, but `server.proxy_protocol` is off or the peer is not in `server.trusted_proxies`")

    private func start(_ head: consuming RequestHead) {
        state.requestArrived(head)
        // Behind a refused CONNECT may come bytes of a tunnel, which are no requests (RFC 9110 §9.3.6).
        if client.isOverLimit || worker.stage != .serving || head.isConnect { state.closeAfterAnswer() }
        if case .length(let length) = head.framing, length > Int64(worker.settings.securityLimits.maxBodySize) {
            state.closeAfterAnswer()
        }
        watchdog.set(nil)
        if head.hasBody { requestBody = RequestBody(head.framing, connection: self) }
        let now = loop.moment
        let request = Request(
            head: consume head, id: loop.makeRequestID(), from: client, isDraining: worker.stage != .serving,
            received: now, deadline: now + worker.requestTimeout, body: requestBody, cancellation: cancellation)
        self.request = request
        writer.reset()
        isRunning = true
        if responder.respondAtOnce(to: request, through: self) { finished() } else { tasks.answer(self) }
    }

    /// Answers the present request; `finished` comes next.
    func answer() async {
        guard let request else { return }
        await responder.respond(to: request, through: self)
    }

    /// The responder has returned: the next request may follow.
    func finished() {
        isRunning = false
        request = nil
        guard state.phase != .closed else {
            worker.remove(self)
            return
        }
        if state.isAnswering { abort() }
        if state.phase == .idle { watchdog.set(loop.moment + worker.idleTimeout) }
        worker.noteProgress()
        advance()
    }

    /// Answers what is no request, and closes.
    func refuse(_ fault: Fault) {
        state.refusalBegan()
        writer.reset()
        inbound.clear()
        responder.refuse(
            Refusal(fault: fault, id: loop.makeRequestID(), clientAddress: client.address, received: loop.moment),
            through: self)
    }

    // MARK: time

    private func deadlinePassed() {
        switch state.phase {
        case .idle, .closed, .draining:
            if !hasBuffered || !clientTakesSome() { closeVisibly() }
        case .lingering:
            if unacknowledgedBytes == 0 || !clientTakesSome() { closeVisibly() }
        case .readingHead: refuse(Fault(.requestTimeout))
        case .answering:
            if requestBody?.isWaiting == true {
                requestBody?.fail(Fault(.requestTimeout, detail: "the request body stalled"))
            } else if writer.waiter != nil, !clientTakesSome() {
                cut()
            }
        }
    }

    func closeIfIdle() {
        guard !isBusy, state.phase != .lingering else { return }
        context?.close(promise: nil)
    }

    // MARK: request bodies and held reads

    /// The responder waits for bytes of the request's body.
    func requestBodyAsked() {
        if state.requestBodyAsked() { sendContinue() }
        let idle = NIODeadline.now() + .init(worker.settings.bodyIdleTimeout)
        watchdog.set(request.map { min(idle, $0.deadline) } ?? idle)
        feedRequestBody()
        holdReadsIfFull()
    }

    private func feedRequestBody() {
        guard let body = requestBody else { return }
        switch body.feed(
            &inbound, limit: worker.settings.securityLimits.maxBodySize, isDiscarding: state.phase == .draining)
        {
        case .open: break
        case .ended:
            requestBody = nil
            state.requestBodyEnded()
            if state.phase == .idle { watchdog.set(.now() + .init(worker.settings.idleTimeout)) }
        case .broken:
            requestBody = nil
            state.closeAfterAnswer()
            if state.phase == .draining {
                // The answer is still to reach the client, whatever it sends.
                state.lingers()
                linger()
            }
        }
    }

    /// A client may send ahead only so much: beyond it reading stops until the present answer ended.
    private func holdReadsIfFull() {
        let isFull = inbound.readableBytes > worker.limits.maxHeadLength
        guard isFull != isReadHeld else { return }
        isReadHeld = isFull
        socket?.setReading(!isFull)
    }
}
