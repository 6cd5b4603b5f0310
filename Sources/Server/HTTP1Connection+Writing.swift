import Exchange
import HTTPWire
import NIOCore
import Network
import Settings

/// What the writing side of a connection remembers during one answer.
struct WriterState {
    /// An encoded head, small body included, that is not yet given to the channel.
    var pending: ByteBuffer?
    /// The last head that was given to the channel; its memory is used again.
    var given: ByteBuffer?
    var bodyBytes: Int64 = 0
    /// Bytes were given to the channel since the last flush.
    var needsFlush = false
    /// The end of the loop's turn will flush.
    var isFlushAwaited = false
    /// The channel's buffers have room for more.
    var isWritable = true
    /// Somebody waits for the channel to become writable.
    var waiter: Suspension<Result<Void, ClientGone>>?
    /// Bytes that the client had not acknowledged when its progress was last looked at.
    var leftBefore: Int?

    mutating func reset() {
        pending = nil
        leftBefore = nil
        bodyBytes = 0
    }
}

extension HTTP1Connection: ResponseWriter, TurnFlushable {
    /// Bodies up to about this size are copied behind their head, so that they leave in one write.
    private static var joinLimit: Int { 16 * 1024 }

    var bodyBytesSent: Int64 { writer.bodyBytes }

    func send(_ head: ResponseHead, body: ByteBuffer) {
        begin(head, framing: .length(Int64(body.readableBytes)))
        if let answer = state.answer, !answer.isHead, body.readableBytes > 0 { put(body) }
        end()
    }

    func begin(_ head: ResponseHead, framing: ResponseFraming) {
        if worker.stage != .serving { state.closeAfterAnswer() }
        guard let answer = state.answerBegan(framing) else { return }
        let wire: WireFraming =
            switch framing {
            case .length(let length): .length(length)
            case .absent: .absent
            case .unknown: answer.minorVersion == 0 ? .untilClose : .chunked
            }
        var out = worker.shelf.take(
            HeadEncoder.maxOwnLength + head.lines.readableBytes + Self.joinedLength(framing))
        HeadEncoder.write(
            head, framing: wire, date: worker.date, minorVersion: answer.minorVersion, keepsAlive: answer.keepsAlive,
            to: &out)
        writer.pending = out
    }

    func write(_ chunk: ByteBuffer) -> Bool {
        guard state.isAnswering else { return false }
        put(chunk)
        return writer.isWritable
    }

    func waitUntilWritable() async throws(ClientGone) {
        guard context != nil, state.isAnswering else { throw ClientGone() }
        givePending()
        flushIfNeeded()
        // Sending may have shown that the client is gone: nobody would resume who waits after that.
        guard state.isAnswering else { throw ClientGone() }
        guard !writer.isWritable else { return }
        writer.leftBefore = unacknowledgedBytes
        watchdog.set(.now() + .init(worker.settings.bodyIdleTimeout))
        let result = await Suspension<Result<Void, ClientGone>>.wait { writer.waiter = $0 }
        watchdog.set(nil)
        writer.leftBefore = nil
        try result.get()
    }

    func flush() {
        givePending()
        guard writer.needsFlush, !writer.isFlushAwaited else { return }
        writer.isFlushAwaited = true
        turn.flushAtEnd(self)
    }

    func turnEnds() {
        writer.isFlushAwaited = false
        flushIfNeeded()
    }

    func end() {
        guard let answer = state.answer, case .begun(let framing) = answer.progress else { return }
        if case .unknown = framing, answer.minorVersion > 0, !answer.isHead { putEndOfChunks() }
        flush()
        switch state.answerEnded() {
        case .readNext, .nothing: break
        case .drainRequestBody: watchdog.set(.now() + .init(worker.settings.bodyIdleTimeout))
        case .linger: linger()
        }
    }

    /// The end of the output in the midst of a body tells the client. It is no close yet: what the client has sent
    /// ahead would become a reset, which takes earlier answers away that it has not read.
    func abort() {
        guard let answer = state.answer, context != nil else { return }
        if answer.minorVersion == 0, answer.progress == .begun(.unknown) {
            resetOnClose()
            return cut()
        }
        writer.pending = nil
        flushIfNeeded()
        guard state.isAnswering else { return }
        state.lingers()
        linger()
    }

    /// The connection ends at once.
    func cut() {
        state.closed()
        writer.pending = nil
        flushIfNeeded()
        context?.close(promise: nil)
    }

    /// A body that ends with its connection would look complete after a plain close (RFC 9112 §6.3): a reset tells.
    private func resetOnClose() {
        socket?.resetOnClose()
    }

    /// The interim answer that lets a client send its body (RFC 9110 §10.1.1).
    func sendContinue() {
        give(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        flushIfNeeded()
    }

    // MARK: bytes to the channel

    private func put(_ chunk: ByteBuffer) {
        guard case .begun(let framing)? = state.answer?.progress, let answer = state.answer else { return }
        writer.bodyBytes += Int64(chunk.readableBytes)
        let isChunked = if case .unknown = framing { answer.minorVersion > 0 } else { false }
        var chunk = chunk
        if let waiting = writer.pending?.readableBytes, waiting + chunk.readableBytes <= 2 * Self.joinLimit,
            var head = writer.pending.take()
        {
            if isChunked { ChunkEncoder.write(&chunk, to: &head) } else { head.writeBuffer(&chunk) }
            writer.pending = head
            return
        }
        givePending()
        guard isChunked else {
            give(chunk)
            return
        }
        var header = ByteBuffer()
        ChunkEncoder.writeHeader(size: chunk.readableBytes, to: &header)
        give(header)
        give(chunk)
        give(ByteBuffer(staticString: "\r\n"))
    }

    private func putEndOfChunks() {
        if writer.pending == nil { return give(ChunkEncoder.end) }
        writer.pending?.writeImmutableBuffer(ChunkEncoder.end)
    }

    /// How much of a body will stand behind its head in one buffer.
    private static func joinedLength(_ framing: ResponseFraming) -> Int {
        guard case .length(let length) = framing, length <= Int64(joinLimit) else { return 0 }
        return Int(length)
    }

    private func givePending() {
        guard let head = writer.pending.take() else { return }
        writer.given = head
        give(head)
    }

    private func give(_ bytes: consuming ByteBuffer) {
        worker.counts.bytesSent(bytes.readableBytes)
        if isSecure {
            context?.write(wrapOutboundOut(bytes), promise: nil)
        } else {
            socket?.enqueue(bytes, promise: nil)
        }
        writer.needsFlush = true
    }

    func flushIfNeeded() {
        guard writer.needsFlush else { return }
        writer.needsFlush = false
        if isSecure { context?.flush() } else { socket?.flush0() }
        if let head = writer.given.take() { worker.shelf.put(head) }
    }

    // MARK: back-pressure

    func resumeWriter(with result: Result<Void, ClientGone>) {
        writer.waiter.take()?.resume(result)
    }

    /// The time of a client that lets bytes wait is over: whether it took some meanwhile, which earns another round.
    func clientTakesSome() -> Bool {
        let left = unacknowledgedBytes
        defer { writer.leftBefore = left }
        if let before = writer.leftBefore, left >= before { return false }
        watchdog.set(.now() + .init(worker.settings.bodyIdleTimeout))
        return true
    }

    /// Bytes that the client does not have yet, as far as its kernel has told.
    var unacknowledgedBytes: Int { socket?.unacknowledgedBytes ?? 0 }

    /// The channel holds bytes that the kernel does not take yet.
    var hasBuffered: Bool { (socket?.unsentBytes ?? 0) > 0 }

    /// What is dropped with a close must not look like the end of a body.
    func closeVisibly() {
        if hasBuffered { resetOnClose() }
        context?.close(promise: nil)
    }

    /// The last bytes of an answer are still on this side. When the server is closing, that is as long as the client
    /// has not acknowledged them: with the process, its network may end.
    var hasUnsent: Bool {
        if writer.needsFlush || writer.pending != nil { return true }
        return worker.stage == .serving ? hasBuffered : unacknowledgedBytes > 0
    }

    /// Shuts the output once everything is sent, and reads on for a moment.
    func linger() {
        guard let context else { return }
        // What was sent ahead is dropped, and so is what comes: reading goes on, so that the client gets no reset.
        inbound.clear()
        socket?.setReading(true)
        watchdog.set(.now() + (hasUnsent ? .init(worker.settings.bodyIdleTimeout) : .seconds(1)))
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in
            let connection = bound.value
            connection.watchdog.set(.now() + .seconds(1))
            connection.context?.close(mode: .output, promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
    }
}
