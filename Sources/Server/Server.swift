import Exchange
import HTTPWire
import NIOCore
import Network
import Resilience
import Settings
import Telemetry

/// A listener and everything behind it: one socket and one `ServerWorker` for each event loop.
///
/// The kernel spreads new connections over the sockets (SO_REUSEPORT); a connection stays on its loop.
package final class Server: Sendable {
    /// One loop's part: its context, and who answers there.
    package struct Seat {
        package let loop: LoopContext
        package let responder: any Responder

        package init(loop: LoopContext, responder: any Responder) {
            self.loop = loop
            self.responder = responder
        }
    }

    /// What a drain came to.
    package struct DrainReport: Sendable, Equatable {
        package var inFlight = 0
        package var cut = 0
    }

    private let workers: [NIOLoopBound<ServerWorker>]
    private let listeners: [Listener]
    /// Where the listener is bound; the port is the real one when 0 was asked.
    package let address: SocketAddress?

    private init(workers: [NIOLoopBound<ServerWorker>], listeners: [Listener]) {
        self.workers = workers
        self.listeners = listeners
        self.address = listeners.first?.localAddress
    }

    /// Binds and serves. `makeSeat` is called once for each of `loops`, on it, with the loop's place in the list.
    package static func start(
        address: String, port: Int, settings: ServerSettings, loops: [Reactor], metrics: ServerMetrics,
        wallClock: @escaping @Sendable () -> Int64, makeSeat: @escaping @Sendable (Int) -> Seat
    ) async throws(BindFailure) -> Server {
        let gate = ConcurrencyGate(limit: settings.maxConnections)
        let reserve = ConcurrencyGate(limit: max(64, settings.maxConnections / 16))
        var workers: [NIOLoopBound<ServerWorker>] = []
        for (index, loop) in loops.enumerated() {
            let worker = try? await loop.submit {
                let seat = makeSeat(index)
                return NIOLoopBound(
                    ServerWorker(
                        loop: seat.loop, settings: settings, responder: seat.responder, metrics: metrics,
                        wallClock: wallClock),
                    eventLoop: loop)
            }.get()
            guard let worker else { throw .other(0) }
            workers.append(worker)
        }
        let seats = workers
        let listeners = try await ListenerBinder().bind(to: address, port: port, on: loops) {
            channel, index in try accept(channel, worker: seats[index].value, gate: gate, reserve: reserve)
        }
        return Server(workers: workers, listeners: listeners)
    }

    /// Sets one accepted connection up, on its loop. Past the limit a reserve serves the proxy's own paths only.
    private static func accept(
        _ channel: any Channel, worker: ServerWorker, gate: ConcurrencyGate, reserve: ConcurrencyGate
    ) throws {
        let isOverLimit = !gate.tryEnter()
        if isOverLimit, !reserve.tryEnter() { throw ConnectionRefused() }
        let taken = isOverLimit ? reserve : gate
        channel.closeFuture.whenComplete { _ in taken.leave() }
        try channel.pipeline.syncOperations.addHandler(
            HTTP1Connection(worker: worker, isSecure: false, isOverLimit: isOverLimit))
    }

    /// Neither the limit of connections nor the reserve has room.
    private struct ConnectionRefused: Error {}

    /// Takes no new connection.
    package func closeListeners() async {
        for listener in listeners { try? await listener.close() }
    }

    /// Refuses new requests on kept connections and lets those in flight end, at most for `timeout`.
    package func drain(timeout: Duration) async -> DrainReport {
        var report = DrainReport()
        report.inFlight = await sum { $0.answering }
        guard let first = workers.first?.eventLoop else { return report }
        let ended = first.makePromise(of: Void.self)
        let drains = workers.map { worker in worker.eventLoop.flatSubmit { worker.value.drain() } }
        EventLoopFuture.andAllComplete(drains, on: first).cascade(to: ended)
        let timer = first.scheduleTask(in: .init(timeout)) { ended.succeed() }
        try? await ended.futureResult.get()
        timer.cancel()
        report.cut = await sum { $0.stop() }
        return report
    }

    /// Requests that are being answered now, over all loops.
    package func inFlight() async -> Int { await sum { $0.answering } }

    /// Closes every connection at once; answers how many requests were cut.
    package func cut() async -> Int { await sum { $0.stop() } }

    /// Connections that are open now, over all loops.
    package func openConnections() async -> Int { await sum { $0.openConnections } }

    private func sum(_ value: @escaping @Sendable (ServerWorker) -> Int) async -> Int {
        var total = 0
        for worker in workers {
            total += (try? await worker.eventLoop.submit { value(worker.value) }.get()) ?? 0
        }
        return total
    }
}
