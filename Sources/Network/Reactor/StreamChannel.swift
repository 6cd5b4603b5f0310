import CLinux
import Glibc
import NIOCore
import Synchronization

/// Who takes a connection's bytes without the detour through its pipeline. Called on the connection's loop.
package protocol StreamReader: AnyObject {
    /// Much arrived: the memory is the reader's.
    func received(_ bytes: ByteBuffer)
    /// Little arrived, which stays in its place only during the call.
    func received(copying bytes: RawSpan)
    /// All that was there has been given.
    func receivedAll()
    /// There is room for more to write, or none.
    func writabilityChanged(_ isWritable: Bool)
}

/// A connected TCP socket on a reactor, as a channel of NIO's kind: handlers such as TLS stand in its pipeline, and a
/// `reader` at its end may take the bytes directly. Bound to its loop.
///
///     idle ── start ──▶ active ── peer or error or close ──▶ closed
///
/// Reading stops with the option `autoRead`. What is written waits for `flush`; beyond the high-water mark the channel
/// is not writable until it has sunk below the low one. The peer's end closes the connection.
///
/// Sendable as NIO wants a channel to be: state is touched on its loop alone, but for what is atomic or never changes.
package final class StreamChannel: PollSource, Channel, ChannelCore, @unchecked Sendable {
    private static let highWater = 64 * 1024
    private static let lowWater = 32 * 1024
    /// A little less than two of the largest segments: measured, the whole of both, or one, costs half as much again,
    /// for the peers sleep and are woken more often.
    static let bulkSize = 120 * 1024
    private static let readsPerTurn = 4
    private static let input = EPOLLIN.rawValue | EPOLLRDHUP.rawValue
    private static let end = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue

    package let reactor: Reactor
    private let landing: Landing
    package let remoteAddress: SocketAddress?
    private let closePromise: EventLoopPromise<Void>
    package private(set) lazy var pipeline = ChannelPipeline(channel: self)
    /// Set for a plain connection by the handler at the end of its pipeline; it then gets no reads from that.
    package var reader: (any StreamReader)?

    private var isOpen = true
    private let isConnected = Atomic<Bool>(false)
    private let hasRoom = Atomic<Bool>(true)
    private var isReading = true
    /// The system has told of bytes, or of the end, and tells of it only once.
    private var hasInput = false
    private var hasEnd = false
    private var isConnecting = false
    private var onConnected: ((Result<StreamChannel, ReactorFailure>) -> Void)?
    var writes = WriteQueue()
    private var closesOutputWhenSent: EventLoopPromise<Void>?
    private var isOutputClosed = false

    /// Takes over a connected socket; call on the loop, then `start`.
    init(_ descriptor: Int32, on reactor: Reactor, peer: SocketAddress?) {
        self.reactor = reactor
        landing = reactor.landing
        remoteAddress = peer
        closePromise = reactor.makePromise(of: Void.self)
        super.init(descriptor: descriptor, interest: Self.input | EPOLLET.rawValue)
    }

    package var eventLoop: any EventLoop { reactor }
    package var allocator: ByteBufferAllocator { ByteBufferAllocator() }
    package var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
    package var localAddress: SocketAddress? { isOpen ? SocketName.local(descriptor) : nil }
    package var parent: (any Channel)? { nil }
    package var isActive: Bool { isConnected.load(ordering: .relaxed) }
    package var isWritable: Bool { hasRoom.load(ordering: .relaxed) }
    package var _channelCore: any ChannelCore { self }
    package var syncOptions: (any NIOSynchronousChannelOptions)? { StreamOptions(channel: self) }

    // MARK: beginning

    /// The handlers are there: watches the socket and tells them that it is active.
    func start() throws(ReactorFailure) {
        try reactor.watch(self)
        becomeActive()
    }

    /// Connects a new socket; `completion` is called on the loop, before the handlers are told of it.
    static func connect(
        to address: SocketAddress, on reactor: Reactor,
        completion: @escaping (Result<StreamChannel, ReactorFailure>) -> Void
    ) -> StreamChannel? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.protocol.rawValue, kind, 0)
        guard descriptor >= 0 else {
            completion(.failure(ReactorFailure(errno: errno)))
            return nil
        }
        let channel = StreamChannel(descriptor, on: reactor, peer: address)
        channel.onConnected = completion
        channel.beginConnecting(address)
        return channel
    }

    private func beginConnecting(_ address: SocketAddress) {
        SocketSwitch.set(descriptor, IPPROTO_TCP, TCP_NODELAY)
        SocketSwitch.set(descriptor, SOL_SOCKET, SO_KEEPALIVE)
        isConnecting = true
        interest |= EPOLLOUT.rawValue
        let status = unsafe address.withSockAddr { pointer, size in
            unsafe Glibc.connect(descriptor, pointer, socklen_t(size)) == 0 ? 0 : errno
        }
        guard status == 0 || status == EINPROGRESS else { return failConnecting(ReactorFailure(errno: status)) }
        do { try reactor.watch(self) } catch { failConnecting(error) }
    }

    private func connectingEnded() {
        let code = SocketSwitch.pendingError(descriptor)
        guard code == 0 else { return failConnecting(ReactorFailure(errno: code)) }
        isConnecting = false
        onConnected.take()?(.success(self))
        if isOpen { becomeActive() }
    }

    private func failConnecting(_ failure: ReactorFailure) {
        let completion = onConnected.take()
        close0(error: failure, mode: .all, promise: nil)
        completion?(.failure(failure))
    }

    private func becomeActive() {
        isConnected.store(true, ordering: .relaxed)
        pipeline.syncOperations.fireChannelRegistered()
        pipeline.syncOperations.fireChannelActive()
    }

    // MARK: readiness

    override func ready(_ events: UInt32) {
        if isConnecting { connectingEnded() }
        guard isOpen else { return }
        if events & EPOLLOUT.rawValue != 0, !writes.isEmpty { flush0() }
        guard isOpen, events & (Self.input | Self.end) != 0 else { return }
        hasInput = true
        if events & Self.end != 0 { hasEnd = true }
        if isReading { return readNow() }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
            fail(ReactorFailure(errno: SocketSwitch.pendingError(descriptor)))
        }
    }

    override func goesOn() {
        if isOpen, isReading, hasInput { readNow() }
    }

    override func loopEnds() { close0(error: ChannelError.ioOnClosedChannel, mode: .all, promise: nil) }

    private func readNow() { read(for: reader ?? self) }

    private func read(for reader: any StreamReader) {
        var hasRead = false
        for _ in 0..<Self.readsPerTurn where isOpen && isReading {
            let count = landing.read(descriptor)
            if count > 0 {
                hasRead = true
                // A short read has emptied the socket, unless its end is to be read as well.
                if count < Self.bulkSize, !hasEnd { hasInput = false }
                landing.hand(count, to: reader)
                if hasInput { continue }
                break
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                hasInput = false
                break
            }
            let code = count == 0 ? 0 : errno
            if hasRead { reader.receivedAll() }
            return fail(code == 0 ? nil : ReactorFailure(errno: code))
        }
        if hasRead, isOpen { reader.receivedAll() }
        // More is there than one turn reads: the next one goes on.
        if hasInput, isReading, isOpen { reactor.serveAgain(self) }
    }

    /// The peer is gone; nil for an orderly end.
    private func fail(_ failure: ReactorFailure?) {
        if let failure {
            pipeline.syncOperations.fireErrorCaught(IOError(errnoCode: failure.errno, reason: "socket"))
        } else if !writes.isEmpty {
            // Who has only shut the sending side still gets what was said before. Nobody is told of the room: this is
            // the end.
            _ = writes.send(to: descriptor)
            for promise in writes.takeSent() { promise.succeed() }
        }
        close0(error: ChannelError.eof, mode: .all, promise: nil)
    }

    // MARK: writing

    /// Takes bytes over, to be sent by the next `flush0`.
    package func enqueue(_ bytes: consuming ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard isOpen, !isOutputClosed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        writes.append(bytes, promise)
        if writes.bytes > Self.highWater { setWritable(false) }
    }

    package func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        enqueue(unwrapData(data, as: ByteBuffer.self), promise: promise)
    }

    package func flush0() {
        guard isOpen, !isConnecting else { return }
        switch writes.send(to: descriptor) {
        case .sent: break
        case .blocked: watchForRoom()
        case .failed(let code): return fail(ReactorFailure(errno: code))
        }
        for promise in writes.takeSent() { promise.succeed() }
        guard isOpen else { return }
        if writes.bytes < Self.lowWater { setWritable(true) }
        if writes.isEmpty, let promise = closesOutputWhenSent.take() { shutOutput(promise) }
    }

    /// Room is told of from the first time on that there was none.
    private func watchForRoom() {
        guard interest & EPOLLOUT.rawValue == 0 else { return }
        interest |= EPOLLOUT.rawValue
        reactor.update(self)
    }

    /// Bytes that were taken over and are not in the kernel yet.
    package var unsentBytes: Int { writes.bytes }

    /// The same and what the kernel holds until the peer has it: sinks as long as the peer reads, however slowly.
    package var unacknowledgedBytes: Int { writes.bytes + max(0, Int(unacknowledged_bytes(descriptor))) }

    private func setWritable(_ isRoom: Bool) {
        guard isRoom != isWritable else { return }
        hasRoom.store(isRoom, ordering: .relaxed)
        (reader ?? self).writabilityChanged(isRoom)
    }

    /// Reading stops or goes on.
    package func setReading(_ isOn: Bool) {
        guard isOn != isReading else { return }
        isReading = isOn
        if isOn, hasInput, isOpen { reactor.serveAgain(self) }
    }

    /// A close from now on sends a reset, which no client takes for the end of a body.
    package func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    var isReadingOn: Bool { isReading }

    // MARK: ending

    package func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isOpen else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        switch mode {
        case .input: promise?.fail(ChannelError.operationUnsupported)
        case .output:
            if writes.isEmpty { shutOutput(promise) } else { closesOutputWhenSent = promise ?? reactor.makePromise() }
        case .all: closeAll(promise)
        }
    }

    private func shutOutput(_ promise: EventLoopPromise<Void>?) {
        isOutputClosed = true
        shutdown(descriptor, Int32(SHUT_WR))
        promise?.succeed()
        pipeline.syncOperations.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
    }

    private func closeAll(_ promise: EventLoopPromise<Void>?) {
        let wasActive = isActive
        isOpen = false
        isConnected.store(false, ordering: .relaxed)
        reactor.forget(self)
        Glibc.close(descriptor)
        let completion = onConnected.take()
        promise?.succeed()
        for waiting in writes.removeAll() { waiting.fail(ChannelError.ioOnClosedChannel) }
        closesOutputWhenSent.take()?.fail(ChannelError.ioOnClosedChannel)
        completion?(.failure(ReactorFailure(errno: ECANCELED)))
        if wasActive {
            pipeline.syncOperations.fireChannelInactive()
            pipeline.syncOperations.fireChannelUnregistered()
        }
        // Later: who closed may still be on its way through the pipeline.
        reactor._executeIsolatedUnsafeUnchecked { [self] in
            removeHandlers(pipeline: pipeline)
            reader = nil
            closePromise.succeed()
        }
    }
}
