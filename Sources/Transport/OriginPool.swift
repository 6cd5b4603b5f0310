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

    private let target: Target
    private let limits: PoolLimits
    private let loop: LoopContext
    private let connector: Connector
    private let metrics: PoolMetrics
    private var idle: [OriginConnection] = []
    /// Connections that exist or are being made.
    private var open = 0
    private var line = WaitingLine<LeaseWaiter>()
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
    /// `deadline` bounds the wait for a connection and for the head; `cancellation` ends these waits and the body's.
    package func exchange(
        _ head: ByteBuffer, isHead: Bool, deadline: NIODeadline, cancellation: Cancellation
    ) async throws(TransportFailure) -> OriginResponse {
        var wasResent = false
        while true {
            let connection: OriginConnection
            if !wasResent, let kept = takeIdle() {
                connection = kept
            } else {
                connection = try await lease(until: deadline, mustBeNew: wasResent, cancellation)
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

    /// Whether who asks now will have to stand in line.
    package var hasLine: Bool { line.count > 0 || (idle.isEmpty && open >= limits.maxConnections) }

    /// The time of the event that is being served.
    package var moment: NIODeadline { loop.moment }

    /// Closes what is idle and refuses what comes.
    package func shutDown() {
        isShutDown = true
        let kept = idle
        idle = []
        for connection in kept { connection.close() }
        while let waiter = nextInLine() { waiter.resume(.failure(.shutDown)) }
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
    private func lease(
        until deadline: NIODeadline, mustBeNew: Bool, _ cancellation: Cancellation
    ) async throws(TransportFailure) -> OriginConnection {
        guard !isShutDown else { throw .shutDown }
        guard !cancellation.isCancelled else { throw .cancelled }
        if mustBeNew, open >= limits.maxConnections, let victim = idle.popLast() {
            metrics.idle(-1)
            victim.drop()
        }
        // Who comes back has had its turn in the line already.
        let standsInLine = open >= limits.maxConnections || (line.count > 0 && !mustBeNew)
        guard !standsInLine || mustBeNew || line.count < limits.maxWaiting else {
            metrics.rejected()
            throw .poolExhausted
        }
        let waiter = LeaseWaiter(until: deadline, cancellation)
        return try await waiter.wait { standsInLine ? join(waiter) : connect(for: waiter) }.get()
    }

    private func connect(for waiter: LeaseWaiter) {
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let (pool, waiter) = (self, waiter)
        let attempt = Task.immediate(executorPreference: loop.executor) {
            do throws(TransportFailure) {
                let connection = try await unsafe pool.connect(until: waiter.deadline)
                if unsafe !waiter.resume(.success(connection)), connection.isUsable {
                    unsafe pool.giveBack(connection)
                }
            } catch {
                unsafe waiter.resume(.failure(error))
            }
        }
        unsafe waiter.onCancel = { attempt.cancel() }
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

    // MARK: the line

    private func join(_ waiter: LeaseWaiter) {
        metrics.waiting(1)
        line.append(waiter)
        waiter.onCancel = { [self] in leaveLine(waiter) }
        waiter.timer = loop.eventLoop.assumeIsolated().scheduleTask(deadline: waiter.deadline) { [self] in
            leaveLine(waiter)
            waiter.resume(.failure(.poolTimedOut))
        }
    }

    private func leaveLine(_ waiter: LeaseWaiter) {
        if line.removeFirst(where: { $0 === waiter }) != nil { metrics.waiting(-1) }
    }

    private func nextInLine() -> LeaseWaiter? {
        guard let waiter = line.popFirst() else { return nil }
        metrics.waiting(-1)
        waiter.timer.take()?.cancel()
        return waiter
    }

    // MARK: the connections' side

    func giveBack(_ connection: OriginConnection) {
        guard !isShutDown else { return connection.close() }
        if let waiter = nextInLine() {
            waiter.resume(.success(connection))
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
        guard line.count > 0 else { return }
        // Later: a connection that fails at once comes back here for the next in line.
        loop.eventLoop.assumeIsolated().execute { [self] in
            guard open < limits.maxConnections, let waiter = nextInLine() else { return }
            connect(for: waiter)
        }
    }
}
