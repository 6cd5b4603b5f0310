import Admin
import Authentication
import Authorization
import Network
import NIOCore
import Server
import Settings
import Telemetry
import Transport
import Upstream

/// One event loop's own things: origins, access log, and the timer that flushes and measures. Bound to the loop.
final class LoopSeat {
    let loop: LoopContext
    private let assembly: Assembly
    private let origins: [BucketOrigin]
    private let authorizers: [(any Authorizer)?]
    private let accessLog: AccessLog?
    private let prober: Prober?
    private let proberSeat: NIOLoopBound<LoopSeat>?
    /// On the first loop only.
    private let keySetFetchers: [KeySetFetcher]
    private let lag: Histogram
    private var ticker: RepeatedTask?
    private var nextTick = NIODeadline.now()

    private static let tick = TimeAmount.milliseconds(100)

    /// `proberSeat` is the loop that probes origins; nil makes this one do it.
    init(loop: LoopContext, assembly: Assembly, logging: LoggingSettings, proberSeat: NIOLoopBound<LoopSeat>?) {
        self.loop = loop
        self.assembly = assembly
        self.proberSeat = proberSeat
        let origins = assembly.origins(on: loop)
        self.origins = origins
        authorizers = assembly.authorizers(on: loop)
        accessLog =
            logging.accessLog
            ? AccessLog(output: assembly.log.output, format: .init(logging.format), level: .init(logging.level)) : nil
        prober =
            proberSeat == nil
            ? Prober(
                loop: loop, board: assembly.board, origins: origins,
                timeouts: assembly.plans.map { min($0.limits.firstByteTimeout, .seconds(5)) }) : nil
        keySetFetchers = proberSeat == nil ? assembly.keySetFetchers(on: loop) : []
        for fetcher in keySetFetchers { fetcher.start() }
        lag = assembly.registry.histogram(.eventLoopLag)
        startTicking()
    }

    /// What a listener needs here.
    func seat(_ paths: FrontDesk.Paths) -> Server.Seat {
        let journey = assembly.journey(
            on: loop, origins: origins, authorizers: authorizers, paths: paths, accessLog: accessLog
        ) { [unowned self] in refreshProbes() }
        return Server.Seat(loop: loop, responder: journey)
    }

    /// Starts probes where they are due; returns at once.
    func refreshProbes() {
        if let prober { return prober.refresh() }
        guard let proberSeat else { return }
        proberSeat.eventLoop.execute { proberSeat.value.refreshProbes() }
    }

    /// Flushes the log and lets the origins go.
    func end() {
        ticker?.cancel()
        accessLog?.flush()
        for origin in origins { origin.shutDown() }
        for fetcher in keySetFetchers { fetcher.end() }
        for authorizer in authorizers { authorizer?.shutDown() }
    }

    func flush() { accessLog?.flush() }

    private func startTicking() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        nextTick = .now() + Self.tick
        ticker = loop.eventLoop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) { _ in
            bound.value.ticked()
        }
    }

    /// The tick's own lateness is the loop's lag.
    private func ticked() {
        let now = NIODeadline.now()
        assembly.registry.shards[loop.index].observe(lag, nanoseconds: (now - nextTick).nanoseconds)
        nextTick = now + Self.tick
        accessLog?.flush()
    }
}
