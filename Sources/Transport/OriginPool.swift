import Exchange
import NIOCore
import NIOSSL
import Network

/// The connections of one event loop to one origin: kept, lent, bounded; who finds none free waits in line. Bound to
/// the loop.
///
/// The line is bounded and first come, first served. Unused connections are lent last in, first out, so that the
/// surplus grows idle and is closed.
package final class OriginPool {
    /// Where the origin is and how it is reached.
    package struct Target {
        package let host: String
        package let port: Int
        /// nil for plain HTTP.
        package let tls: NIOSSLContext?

        package init(host: String, port: Int, tls: NIOSSLContext?) {
            self.host = host
            self.port = port
            self.tls = tls
        }
    }

    private typealias Lease = Result<NIOLoopBound<OriginConnection>, TransportFailure>

    private struct Waiter {
        let ticket: Int
        let suspension: Suspension<Lease>
        let deadline: NIODeadline
        let timer: Scheduled<Void>
    }

    private let target: Target
    private let limits: PoolLimits
    private let loop: LoopContext
    private let connector: Connector
    private let metrics: PoolMetrics
    private var idle: [OriginConnection] = []
    /// Connections that exist or are being made.
    private var open = 0
    private var waiters = WaitingLine<Waiter>()
    private var nextTicket = 0
    private var isShutDown = false

    package init(
        target: Target, limits: PoolLimits, loop: LoopContext, connector: Connector, metrics: PoolMetrics
    ) {
        self.target = target
        self.limits = limits
        self.loop = loop
        self.connector = connector
        self.metrics = metrics
    }

    /// Sends an encoded request head and answers with the origin's head; the body is pulled from the response.
    ///
    /// `deadline` bounds the wait for a connection and for the head. `cancellation` ends the wait for the head and for
    /// the body, the cancelling of the caller's task the wait for a connection.
    package func exchange(
        _ head: ByteBuffer, isHead: Bool, deadline: NIODeadline, cancellation: Cancellation
    ) async throws(TransportFailure) -> OriginResponse {
        var wasResent = false
        while true {
            let connection: OriginConnection
            if !wasResent, let kept = takeIdle() {
                connection = kept
            } else {
                connection = try await lease(until: deadline, mustBeNew: wasResent)
            }
            let arrival = await connection.exchange(
                head, isHead: isHead, deadline: deadline, cancellation: cancellation)
            switch arrival {
            case .success(let response): return response
            case .failure(.closedEarly) where connection.state.isStaleCandidate:
                // A kept connection was closed under the request before the origin saw it: once more, on a new one.
                // Only in a full pool that may be a kept one again; it has served before, so there is an end to it.
                metrics.staleRetry()
                wasResent = true
            case .failure(let failure): throw failure
            }
        }
    }

    /// The time of the event that is being served.
    package var moment: NIODeadline { loop.moment }

    /// Closes what is idle and refuses what comes.
    package func shutDown() {
        isShutDown = true
        let kept = idle
        idle = []
        for connection in kept { connection.close() }
        while let waiter = waiters.popFirst() {
            waiter.timer.cancel()
            waiter.suspension.resume(.failure(.shutDown))
        }
    }

    // MARK: leases

    /// The kept connection that was used last; nil when none is free.
    private func takeIdle() -> OriginConnection? {
        while let connection = idle.popLast() {
            metrics.idle(-1)
            if connection.isUsable { return connection }
        }
        return nil
    }

    /// A connection when none is free: a new one, or the next that is given back.
    private func lease(until deadline: NIODeadline, mustBeNew: Bool) async throws(TransportFailure) -> OriginConnection
    {
        guard !isShutDown else { throw .shutDown }
        if open < limits.maxConnections { return try await connect(until: deadline) }
        if mustBeNew, let victim = idle.popLast() {
            metrics.idle(-1)
            victim.close()
            return try await connect(until: deadline)
        }
        guard waiters.count < limits.maxWaiting else {
            metrics.rejected()
            throw .poolExhausted
        }
        return try await waitForTurn(until: deadline).get().value
    }

    private func connect(until deadline: NIODeadline) async throws(TransportFailure) -> OriginConnection {
        open += 1
        metrics.open(1)
        let connection = OriginConnection(
            loop: loop, limits: limits, isSecure: target.tls != nil, pool: self)
        do {
            _ = try await connector.connect(
                to: target.host, port: target.port, on: loop.eventLoop,
                timeout: min(limits.connectTimeout, deadline - .now()), tls: target.tls
            ) { try $0.pipeline.syncOperations.addHandler(connection) }
            metrics.connected()
            return connection
        } catch {
            metrics.connectFailed()
            if connection.disown() { connectionGone() }
            throw error == .cancelled ? .cancelled : .connect(error)
        }
    }

    private func waitForTurn(until deadline: NIODeadline) async -> Lease {
        nextTicket += 1
        let ticket = nextTicket
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        metrics.waiting(1)
        defer { metrics.waiting(-1) }
        return await withTaskCancellationHandler {
            await Suspension<Lease>.wait { suspension in
                let timer = loop.eventLoop.scheduleTask(deadline: deadline) {
                    bound.value.leaveLine(ticket, why: .poolTimedOut)
                }
                waiters.append(Waiter(ticket: ticket, suspension: suspension, deadline: deadline, timer: timer))
                if Task.isCancelled { leaveLine(ticket, why: .cancelled) }
            }
        } onCancel: {
            bound.eventLoop.execute { bound.value.leaveLine(ticket, why: .cancelled) }
        }
    }

    private func leaveLine(_ ticket: Int, why: TransportFailure) {
        guard let waiter = waiters.removeFirst(where: { $0.ticket == ticket }) else { return }
        waiter.timer.cancel()
        waiter.suspension.resume(.failure(why))
    }

    private func bind(_ connection: OriginConnection) -> NIOLoopBound<OriginConnection> {
        NIOLoopBound(connection, eventLoop: loop.eventLoop)
    }

    // MARK: the connections' side

    func giveBack(_ connection: OriginConnection) {
        guard !isShutDown else { return connection.close() }
        if let waiter = waiters.popFirst() {
            waiter.timer.cancel()
            waiter.suspension.resume(.success(bind(connection)))
            return
        }
        connection.park(until: loop.moment + limits.idleTimeout)
        idle.append(connection)
        metrics.idle(1)
    }

    func connectionClosed(_ connection: OriginConnection) {
        if let index = idle.firstIndex(where: { $0 === connection }) {
            idle.remove(at: index)
            metrics.idle(-1)
        }
        connectionGone()
    }

    /// A place is free: the first in line gets a new connection.
    private func connectionGone() {
        open -= 1
        metrics.open(-1)
        guard !isShutDown, let waiter = waiters.popFirst() else { return }
        waiter.timer.cancel()
        // Later: a connection that fails at once comes back here for the next in line.
        loop.eventLoop.assumeIsolated().execute { [self] in connect(for: waiter) }
    }

    private func connect(for waiter: Waiter) {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        Task.immediate(executorPreference: loop.executor) {
            do throws(TransportFailure) {
                let pool = bound.value
                let connection = try await pool.connect(until: waiter.deadline)
                waiter.suspension.resume(.success(pool.bind(connection)))
            } catch {
                waiter.suspension.resume(.failure(error))
            }
        }
    }
}
