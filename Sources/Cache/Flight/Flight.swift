import Exchange
import NIOConcurrencyHelpers
import NIOCore

/// One fetch of one response, which many may read while it goes on. Shared by all loops.
///
///     asking ──▶ flowing ──▶ complete
///        │           └─────▶ failed
///        └──▶ settled (a stored response, a fault, or everybody for himself)
///
/// The one who opened it asks the origin, tells the arrival, and brings the bytes. Everybody reads at his own pace.
/// What stays in memory is all of it, or the last bytes of a window when a file holds the rest or nobody does. It ends
/// when nobody reads it any more, unless it is kept for the tiers' sake.
package final class Flight: Sendable {
    /// What became of the question.
    package enum Arrival: Sendable {
        /// A response with a body to be read here; with a list, for those alone whose fields choose the same key.
        case flowing(StoredHead, variant: (list: VariantList, key: CacheKey)?, isStored: Bool)
        /// What was stored before serves on: the origin confirmed it, or failed and may be covered for.
        case stored(StoredResponse, isConfirmed: Bool)
        case failed(Fault)
        /// The response is for one client alone.
        case dispersed
    }

    /// What a reader finds at its position.
    enum Finding {
        case bytes(ByteBuffer)
        case file(any StoredFile, upTo: Int64)
        case nothingYet
        case end
        case failed(Fault)
        /// Gone out of the window, and in no file.
        case lost
    }

    struct Piece {
        let offset: Int64
        var bytes: ByteBuffer

        var end: Int64 { offset + Int64(bytes.readableBytes) }
    }

    struct State {
        var arrival: Arrival?
        var pieces = CircularBuffer<Piece>()
        /// Bytes that arrived.
        var end: Int64 = 0
        var isOver = false
        var fault: Fault?
        /// Everything stays in memory.
        var isHeld = true
        var file: (any StoredFile)?
        var fileEnd: Int64 = 0
        /// What comes is written to the file.
        var isFollowed = false
        var readers = 1
        var isKept = false
        /// Nobody wanted it any more before its end.
        var isAbandoned = false

        /// More comes, and all of it will be there for those who wait for the end.
        var isUnderWay: Bool { !isOver && (isHeld || isFollowed) }
        /// How far the fastest reader is.
        var front: Int64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: Suspension<Void>] = [:]
        var filler: Suspension<Void>?
        /// The memory that it holds, for as long as somebody reads there.
        var share: WriteBudget.Share?
    }

    package let key: CacheKey
    package let ticket: PurgeLedger.Ticket
    private let window: Int64
    private let state = NIOLockedValueBox(State())
    /// Called once, on any loop, when nobody wants it any more.
    private let onAbandon: @Sendable () -> Void

    /// Opened by its first reader.
    package init(
        key: CacheKey, ticket: PurgeLedger.Ticket, window: Int, onAbandon: @escaping @Sendable () -> Void
    ) {
        self.key = key
        self.ticket = ticket
        self.window = Int64(window)
        self.onAbandon = onAbandon
    }

    // MARK: readers

    /// Another reader; false when it is too late.
    package func join() -> Bool {
        state.withLockedValue { state in
            guard !state.isAbandoned, state.fault == nil else { return false }
            if case .failed? = state.arrival { return false }
            state.readers += 1
            return true
        }
    }

    /// A reader has what it wants, or wants no more.
    package func leave() {
        let isAbandoned = state.withLockedValue { state in
            state.readers -= 1
            guard state.readers == 0, !state.isKept, !state.isOver, !state.isAbandoned else { return false }
            state.isAbandoned = true
            return true
        }
        wakeFiller()
        if isAbandoned { onAbandon() }
    }

    /// Why it failed.
    package var fault: Fault? { state.withLockedValue { $0.fault } }

    /// Whether all that came is in memory.
    package var isHeld: Bool { state.withLockedValue { $0.isHeld } }

    /// Whether the tiers will have what it brings.
    package var isToBeStored: Bool {
        state.withLockedValue { state in
            if case .flowing(_, _, let isStored)? = state.arrival { isStored } else { false }
        }
    }

    /// It is brought to its end whether anybody reads it or not.
    package func keep() { state.withLockedValue { $0.isKept = true } }

    /// What became of the question; nil when `cancellation` ended the wait.
    package func arrival(_ cancellation: Cancellation) async -> Arrival? {
        while true {
            if let arrival = state.withLockedValue({ $0.arrival }) { return arrival }
            if cancellation.isCancelled { return nil }
            await wait(cancellation) { $0.arrival == nil }
        }
    }

    /// Waits for the last byte, or for the failure; returns early when `cancellation` says so.
    package func ending(_ cancellation: Cancellation) async {
        while !cancellation.isCancelled, state.withLockedValue({ $0.isUnderWay }) {
            await wait(cancellation) { $0.isUnderWay }
        }
    }

    /// What is at `position`, at most `limit` bytes of it.
    func find(at position: Int64, limit: Int) -> Finding {
        let (finding, filler) = state.withLockedValue { state -> (Finding, Suspension<Void>?) in
            guard position < state.end else {
                if let fault = state.fault { return (.failed(fault), nil) }
                return (state.isOver ? .end : .nothingYet, nil)
            }
            guard let piece = state.piece(holding: position) else {
                if let file = state.file, position < state.fileEnd {
                    return (.file(file, upTo: state.fileEnd), nil)
                }
                return (.lost, nil)
            }
            let skipped = Int(position - piece.offset)
            let length = min(piece.bytes.readableBytes - skipped, limit)
            let bytes = piece.bytes.getSlice(at: piece.bytes.readerIndex + skipped, length: length) ?? ByteBuffer()
            state.front = max(state.front, position + Int64(length))
            return (.bytes(bytes), state.filler.take())
        }
        filler?.resume(())
        return finding
    }

    /// Waits until something is at `position`.
    func wait(at position: Int64, _ cancellation: Cancellation) async {
        await wait(cancellation) { $0.end <= position && !$0.isOver }
    }

    private func wait(_ cancellation: Cancellation, while isNeeded: (borrowing State) -> Bool) async {
        let listener = FlightListener(self)
        await Suspension<Void>.wait { suspension in
            let id = state.withLockedValue { state -> UInt64? in
                guard isNeeded(state) else { return nil }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = suspension
                return state.nextWaiter
            }
            guard let id else { return suspension.resume(()) }
            listener.id = id
            cancellation.listener = listener
        }
        cancellation.listener = nil
    }

    /// Ends one reader's wait.
    func wake(_ id: UInt64) { state.withLockedValue { $0.waiters.removeValue(forKey: id) }?.resume(()) }

    // MARK: whoever brings the bytes

    /// Tells everybody what came; once.
    package func arrive(_ arrival: Arrival) {
        let waiters = state.withLockedValue { state in
            state.arrival = arrival
            switch arrival {
            case .flowing: break
            case .stored, .failed, .dispersed: state.isOver = true
            }
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(()) }
    }

    /// The next bytes of the body.
    package func bring(_ bytes: ByteBuffer) {
        let waiters = state.withLockedValue { state in
            state.append(bytes)
            if !state.isHeld { state.trim(to: window) }
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(()) }
    }

    /// The body is complete, or it never will be.
    package func end(_ fault: Fault?) {
        let waiters = state.withLockedValue { state in
            state.isOver = true
            state.fault = fault
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(()) }
    }

    /// The memory for what it holds is given back when nobody reads it any more.
    package func hold(_ share: WriteBudget.Share) { state.withLockedValue { $0.share = share } }

    /// From now on only a window stays in memory; with a file, what is written to it can be read there.
    package func release(to file: (any StoredFile)?) {
        let waiters = state.withLockedValue { state in
            state.isHeld = false
            state.file = file
            state.isFollowed = file != nil
            state.trim(to: window)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(()) }
    }

    /// So many bytes are in the file.
    package func written(_ length: Int64) {
        state.withLockedValue { state in
            state.fileEnd = length
            state.trim(to: window)
        }
    }

    /// Bytes that arrived.
    package var length: Int64 { state.withLockedValue { $0.end } }

    /// What is in memory.
    package func pieces() -> [ByteBuffer] { state.withLockedValue { $0.pieces.map(\.bytes) } }

    /// Nothing more is written to the file; what is there can still be read.
    package func unfollow() {
        state.withLockedValue { state in
            state.isFollowed = false
            state.trim(to: window)
        }
    }

    /// The whole body, when all of it came and is held.
    package func completeBody() -> StoredBody? {
        state.withLockedValue { state -> [ByteBuffer]? in
            guard state.isOver, state.isHeld, state.fault == nil else { return nil }
            return state.pieces.map(\.bytes)
        }.map { StoredBody($0) }
    }

    /// Bytes that nobody but the window holds are brought only as fast as the fastest reader takes them.
    package func demand() async {
        await Suspension<Void>.wait { suspension in
            let isWanted = state.withLockedValue { state in
                if state.end - state.front < window / 2 || state.isAbandoned || state.readers == 0 { return true }
                state.filler = suspension
                return false
            }
            if isWanted { suspension.resume(()) }
        }
    }

    private func wakeFiller() { state.withLockedValue { $0.filler.take() }?.resume(()) }
}

extension Flight.State {
    fileprivate mutating func takeWaiters() -> [Suspension<Void>] {
        guard !waiters.isEmpty else { return [] }
        defer { waiters.removeAll(keepingCapacity: true) }
        return Array(waiters.values)
    }

    /// Lets go of the oldest bytes beyond the window; those on their way to the file stay.
    fileprivate mutating func trim(to window: Int64) {
        while let first = pieces.first, end - first.end >= window {
            if isFollowed, first.end > fileEnd { return }
            pieces.removeFirst()
        }
    }

    /// Small pieces become one, so that a body that trickles in costs no more than another.
    fileprivate mutating func append(_ bytes: ByteBuffer) {
        let length = bytes.readableBytes
        if let last = pieces.indices.last, pieces[last].bytes.readableBytes + length <= Self.joinedAtMost {
            pieces[last].bytes.writeImmutableBuffer(bytes)
        } else if bytes.storageCapacity > 2 * length {
            // The rest of the memory that it was read into would stay with it.
            var own = ByteBufferAllocator().buffer(capacity: length)
            own.writeImmutableBuffer(bytes)
            pieces.append(Flight.Piece(offset: end, bytes: own))
        } else {
            pieces.append(Flight.Piece(offset: end, bytes: bytes))
        }
        end += Int64(length)
    }

    private static var joinedAtMost: Int { 16 * 1024 }

    /// The piece in memory that `position` falls into.
    fileprivate func piece(holding position: Int64) -> Flight.Piece? {
        guard let first = pieces.first, first.offset <= position else { return nil }
        var (low, high) = (0, pieces.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[offset: middle].offset <= position { low = middle } else { high = middle }
        }
        return pieces[offset: low]
    }
}

/// Wakes one reader when its client leaves.
private final class FlightListener: CancellationListener {
    private let flight: Flight
    var id: UInt64 = 0

    init(_ flight: Flight) { self.flight = flight }

    func cancelled() { flight.wake(id) }
}

extension CircularBuffer {
    fileprivate subscript(offset place: Int) -> Element { self[index(startIndex, offsetBy: place)] }
}
