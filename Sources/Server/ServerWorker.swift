import Exchange
import HTTPWire
import NIOCore
import Network
import Settings
import Telemetry

/// One listener's share of one event loop: what its connections have in common. Bound to that loop.
final class ServerWorker {
    /// How far the server's end has come.
    enum Stage: Equatable {
        case serving
        /// Requests in flight go on; new ones are refused, connections close as they end.
        case draining
        case stopped
    }

    let loop: LoopContext
    let settings: ServerSettings
    let limits: WireLimits
    let responder: any Responder
    let counts: ServerCounts
    let tasks: AnsweringTasks
    let requestTimeout: TimeAmount
    let idleTimeout: TimeAmount
    let wallClock: @Sendable () -> Int64
    let trustedProxies: AddressSet
    /// What connections from trusted proxies begin with; nil for nothing.
    let proxyHeader: ProxyHeaderParser?
    /// For encoded heads.
    var shelf = BufferShelf()

    private(set) var stage: Stage = .serving
    private var connections: [ObjectIdentifier: HTTP1Connection] = [:]
    private var dates = DateCache()
    private var isSettling = false
    private var looksAgain = false
    private var drained: [EventLoopPromise<Void>] = []

    init(
        loop: LoopContext, settings: ServerSettings, responder: any Responder, metrics: ServerMetrics,
        wallClock: @escaping @Sendable () -> Int64
    ) {
        self.loop = loop
        self.settings = settings
        self.limits = WireLimits(
            maxTargetLength: settings.securityLimits.maxURILength,
            maxHeadLength: settings.securityLimits.maxHeaderSize)
        self.responder = responder
        counts = metrics.counts(of: loop.index)
        tasks = AnsweringTasks(executor: loop.executor)
        requestTimeout = .init(settings.requestTimeout)
        idleTimeout = .init(settings.idleTimeout)
        self.wallClock = wallClock
        trustedProxies = AddressSet(settings.trustedProxies)
        proxyHeader =
            switch settings.proxyProtocol {
            case .off: nil
            case .v1: ProxyHeaderParser(accepts: .v1)
            case .v2: ProxyHeaderParser(accepts: .v2)
            case .any: ProxyHeaderParser(accepts: .any)
            }
    }

    /// The present `Date` value, in bytes.
    var date: ByteBuffer { dates.value(at: wallClock()) }

    var answering: Int { connections.values.reduce(0) { $0 + ($1.isBusy ? 1 : 0) } }

    var openConnections: Int { connections.count }

    func add(_ connection: HTTP1Connection) {
        connections[ObjectIdentifier(connection)] = connection
        counts.connectionOpened()
    }

    func remove(_ connection: HTTP1Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counts.connectionClosed()
        noteProgress()
    }

    /// A connection became idle or closed: the drain may be over.
    func noteProgress() {
        guard stage != .serving, !isSettling else { return }
        isSettling = true
        // Later and once: closing a connection comes back here.
        loop.eventLoop.assumeIsolated().execute { [self] in settle() }
    }

    private func settle() {
        isSettling = false
        guard answering == 0 else { return lookAgain() }
        for connection in connections.values { connection.closeIfIdle() }
        let waiting = drained
        drained = []
        for promise in waiting { promise.succeed() }
    }

    /// Nobody tells when a client has acknowledged its last bytes.
    private func lookAgain() {
        guard !looksAgain else { return }
        looksAgain = true
        loop.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [self] in
            looksAgain = false
            noteProgress()
        }
    }

    /// Refuses new requests from now on; the future ends when none is in flight.
    func drain() -> EventLoopFuture<Void> {
        if stage == .serving { stage = .draining }
        let promise = loop.eventLoop.makePromise(of: Void.self)
        drained.append(promise)
        noteProgress()
        return promise.futureResult
    }

    /// Closes what is left; answers how many requests were cut.
    func stop() -> Int {
        stage = .stopped
        let cut = answering
        for connection in connections.values { connection.cut() }
        tasks.close()
        let waiting = drained
        drained = []
        for promise in waiting { promise.succeed() }
        return cut
    }
}
