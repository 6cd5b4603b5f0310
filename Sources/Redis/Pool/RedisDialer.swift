import NIOCore
import Network
import Telemetry

/// Makes connections that are ready for commands: finds the server, connects, greets, and with Sentinel asks whether it
/// is the master. Bound to the loop.
final class RedisDialer {
    private let plan: RedisPlan
    private let loop: LoopContext
    private let connector: Connector
    private let log: Log?
    private var sentinels: SentinelOrder
    /// Nothing is logged while it stays the same.
    private var lastComplaint: String?

    init(plan: RedisPlan, loop: LoopContext, connector: Connector, log: Log?) {
        self.plan = plan
        self.loop = loop
        self.connector = connector
        self.log = log
        sentinels = SentinelOrder(nodes: Self.nodes(plan.place))
    }

    private static func nodes(_ place: RedisPlan.Place) -> [RedisAddress] {
        switch place {
        case .server: []
        case .sentinel(let plan): plan.nodes
        }
    }

    /// Within the connect timeout.
    func dial() async throws(RedisFailure) -> RedisConnection {
        let deadline = NIODeadline.now() + plan.limits.connectTimeout
        let connection: RedisConnection
        switch plan.place {
        case .server(let address): connection = try await open(address, plan.login, until: deadline)
        case .sentinel(let sentinel): connection = try await openMaster(sentinel, until: deadline)
        }
        lastComplaint = nil
        return connection
    }

    // MARK: the master

    private func openMaster(
        _ sentinel: SentinelPlan, until deadline: NIODeadline
    ) async throws(RedisFailure) -> RedisConnection {
        let address = try await askForMaster(sentinel, until: deadline)
        let connection = try await open(address, plan.login, until: deadline)
        do throws(RedisFailure) {
            let role = try await connection.send(RedisCommand("ROLE"), deadline: deadline)
            if SentinelOrder.isMaster(role) { return connection }
            complain("the server that the sentinels name is no master", address)
        } catch {
            // A user who may not ask trusts the sentinels; a replica is noticed by the first write.
            if error == .refused(.noPerm) { return connection }
            connection.close()
            throw error
        }
        connection.close()
        throw .unavailable
    }

    private func askForMaster(
        _ sentinel: SentinelPlan, until deadline: NIODeadline
    ) async throws(RedisFailure) -> RedisAddress {
        let login = RedisLogin(password: sentinel.password, clientName: plan.login.clientName)
        var last = RedisFailure.unavailable
        for (index, node) in sentinels.nodes.enumerated() {
            // One that is silent must leave time for the others, and for the master.
            let now = NIODeadline.now()
            let parts = Int64(sentinels.nodes.count - index + 1)
            let share = now + .nanoseconds((deadline - now).nanoseconds / parts)
            do throws(RedisFailure) {
                let connection = try await open(node, login, until: share)
                defer { connection.close() }
                let question = RedisCommand("SENTINEL", ["GET-MASTER-ADDR-BY-NAME", .text(sentinel.masterName)])
                if let master = SentinelOrder.master(try await connection.send(question, deadline: share)) {
                    sentinels.answered(node)
                    return master
                }
                complain("the sentinel does not know the master's name", node)
            } catch {
                last = error
            }
        }
        throw last
    }

    // MARK: one connection

    private func open(
        _ address: RedisAddress, _ login: RedisLogin, until deadline: NIODeadline
    ) async throws(RedisFailure) -> RedisConnection {
        let connection = RedisConnection(loop: loop, limits: plan.limits, isSecure: plan.tls != nil)
        do throws(ConnectFailure) {
            _ = try await connector.connect(
                to: address.host, port: address.port, on: loop.eventLoop, timeout: deadline - .now(), tls: plan.tls
            ) { try $0.pipeline.syncOperations.addHandler(connection) }
        } catch {
            connection.close()
            complain(error.explanation, address)
            throw error == .cancelled ? .cancelled : .unavailable
        }
        do throws(RedisFailure) {
            try await greet(connection, login, at: address, until: deadline)
            return connection
        } catch {
            connection.close()
            if case .refused = error { throw error }
            complain(error.explanation, address)
            throw error
        }
    }

    private func greet(
        _ connection: RedisConnection, _ login: RedisLogin, at address: RedisAddress, until deadline: NIODeadline
    ) async throws(RedisFailure) {
        var greeting = RedisGreeting(login)
        var command = greeting.first
        while true {
            let waiter = ReplyWaiter(command, until: deadline)
            let reply = try await waiter.wait { connection.begin(waiter) }.get()
            let error = reply.errorText.map { Array($0.readableBytesView) }
            switch greeting.replied(error: error) {
            case .send(let next): command = next
            case .done: return
            case .refused(let refusal):
                complain(login.redacted(error ?? []), address)
                throw .refused(refusal)
            }
        }
    }

    /// One line for each new reason, not one for each try.
    private func complain(_ reason: String, _ address: RedisAddress) {
        guard let log, reason != lastComplaint else { return }
        lastComplaint = reason
        log.warn("redis connection failed", ["server": .string(address.description), "reason": .string(reason)])
    }
}
