import Exchange
import NIOCore
import Network
import Resilience
import Telemetry

/// The connections of one event loop to one Redis: made on demand, bounded, and left alone while the breaker is open.
/// Bound to the loop.
///
/// A command goes to the connection with the fewest under way. While none is idle another one is made, up to the bound;
/// meanwhile those that exist serve. Without any, commands stand in a bounded line, first come, first served.
package final class RedisPool {
    private let limits: RedisLimits
    private let loop: LoopContext
    private let dialer: RedisDialer
    private let breaker: SharedCircuitBreaker
    private let metrics: RedisMetrics
    private let log: Log?
    private var connections: [RedisConnection] = []
    /// Connections that are being made.
    private var dialing = 0
    private var line: [ReplyWaiter] = []
    private let lineWatchdog: Watchdog
    private var isShutDown = false
    /// A server that refuses further connections is not asked for one with each command.
    private var growsFrom = NIODeadline.uptimeNanoseconds(0)
    /// What metrics were told.
    private var told = (open: 0, idle: 0)

    /// `breaker` may be shared by the pools of all loops. The pool lives until `shutDown`.
    package init(
        plan: RedisPlan, loop: LoopContext, connector: Connector, breaker: SharedCircuitBreaker,
        metrics: RedisMetrics = RedisMetrics(), log: Log? = nil
    ) {
        limits = plan.limits
        self.loop = loop
        dialer = RedisDialer(plan: plan, loop: loop, connector: connector, log: log)
        self.breaker = breaker
        self.metrics = metrics
        self.log = log
        lineWatchdog = Watchdog(eventLoop: loop.eventLoop)
        lineWatchdog.onExpiry = { [self] in lineIsLate() }
    }

    /// Sends a command and waits for its reply, `operationTimeout` at most. An error that the server answers with is
    /// thrown. Fails at once while the breaker is open.
    package func send(
        _ command: RedisCommand, cancellation: Cancellation? = nil
    ) async throws(RedisFailure) -> RESPValue {
        guard !isShutDown else { throw .shutDown }
        guard cancellation?.isCancelled != true else { throw .cancelled }
        guard let admission = breaker.admit(now: now) else { throw .unavailable }
        let waiter = ReplyWaiter(command, until: loop.moment + limits.operationTimeout, cancellation)
        let outcome = await waiter.wait { begin(waiter) }
        do throws(RedisFailure) {
            let value = try outcome.get()
            if let text = value.errorText { throw .refused(RedisRefusal(Array(text.readableBytesView))) }
            breaker.ended(admission, .success, now: now)
            return value
        } catch {
            breaker.ended(admission, Self.outcome(error), now: now)
            metrics.failed(error)
            if case .refused(let refusal) = error, refusal.meansMoved { serverMoved() }
            throw error
        }
    }

    /// The server is another one by now: connections to the old one end, the next command finds the new one.
    package func serverMoved() {
        for connection in connections { connection.fail(.connectionLost) }
    }

    /// Ends all connections and refuses what comes.
    package func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        lineWatchdog.stop()
        for connection in connections { connection.close() }
        failLine(.shutDown)
    }

    private var now: Int64 { Int64(clamping: loop.moment.uptimeNanoseconds) }

    private static func outcome(_ failure: RedisFailure) -> CircuitBreaker.Outcome {
        switch failure {
        // Who leaves, and a full line of ours, say nothing of the server.
        case .cancelled, .overloaded, .shutDown: .unknown
        case .unavailable, .timedOut, .connectionLost, .refused, .protocolViolation:
            failure.isOutage ? .failure : .success
        }
    }

    // MARK: whose turn

    private func begin(_ waiter: ReplyWaiter) {
        let best = line.isEmpty ? leastBusy : nil
        let isBusy = best?.outstanding ?? 1 > 0
        if let best {
            best.begin(waiter)
        } else {
            guard line.count < limits.maxWaiting else { return waiter.resume(.failure(.overloaded)) }
            line.append(waiter)
            waiter.onCancel = { [self, unowned waiter] in line.removeAll { $0 === waiter } }
            if line.count == 1 { lineWatchdog.set(waiter.deadline) }
        }
        // Last: it may fail at once, and then tells those in line.
        if isBusy, mayGrow { dial() } else { tell() }
    }

    private var mayGrow: Bool {
        let open = connections.count + dialing
        return open < limits.maxConnections && (open == 0 || loop.moment >= growsFrom)
    }

    private var leastBusy: RedisConnection? {
        var best: RedisConnection?
        for connection in connections where connection.hasRoom {
            if let known = best, known.outstanding <= connection.outstanding { continue }
            best = connection
        }
        return best
    }

    /// Those in line go to connections that have room.
    private func serveLine() {
        while !line.isEmpty, let best = leastBusy {
            let waiter = line.removeFirst()
            waiter.onCancel = nil
            best.begin(waiter)
        }
        lineWatchdog.set(line.first?.deadline)
    }

    private func failLine(_ failure: RedisFailure) {
        let waiting = line
        line = []
        for waiter in waiting { waiter.resume(.failure(failure)) }
    }

    private func lineIsLate() {
        let moment = NIODeadline.now()
        while let first = line.first, first.deadline <= moment {
            line.removeFirst()
            first.resume(.failure(.timedOut))
        }
        lineWatchdog.set(line.first?.deadline)
    }

    // MARK: connections

    private func dial() {
        dialing += 1
        tell()
        // The task runs on this loop's thread alone: its executor sees to that.
        nonisolated(unsafe) let pool = self
        Task.immediate(executorPreference: loop.executor) {
            do throws(RedisFailure) {
                unsafe pool.dialed(try await pool.dialer.dial())
            } catch {
                unsafe pool.dialFailed(error)
            }
        }
    }

    private func dialed(_ connection: RedisConnection) {
        guard !isShutDown, connection.isUsable else {
            connection.close()
            return dialFailed(.connectionLost)
        }
        dialing -= 1
        connections.append(connection)
        connection.onEnd = { [self, unowned connection] _ in
            connections.removeAll { $0 === connection }
            tell()
            if !line.isEmpty, mayGrow { dial() }
        }
        connection.onReply = { [self] outstanding in
            if !line.isEmpty { serveLine() }
            if outstanding == 0 { tell() }
        }
        serveLine()
        tell()
    }

    private func dialFailed(_ failure: RedisFailure) {
        dialing -= 1
        growsFrom = loop.moment + limits.connectTimeout
        tell()
        if connections.isEmpty, dialing == 0 { failLine(failure) }
    }

    private func tell() {
        let open = connections.count + dialing
        var idle = 0
        for connection in connections where connection.outstanding == 0 { idle += 1 }
        if open != told.open { metrics.open(open - told.open) }
        if idle != told.idle { metrics.idle(idle - told.idle) }
        told = (open, idle)
    }
}
