import Glibc
import NIOCore
import Resilience
import Testing

@testable import Redis

/// CACHE-3: the master is where the sentinels say, also after it has moved.
@Suite("Redis Sentinel", .serialized)
struct FailoverTests {
    private struct Stage {
        let master: RedisServer
        let replica: RedisServer
        let sentinel: RedisServer

        /// A master, its replica and a sentinel that knows of both.
        init() throws {
            let options = ["--masterauth", "pw"]
            master = try RedisServer(options, password: "pw")
            replica = try RedisServer(options + ["--replicaof", "127.0.0.1", "\(master.port)"], password: "pw")
            while try !replica.ask("INFO", "replication").contains("master_link_status:up") {}
            sentinel = try RedisServer(sentinelOf: master.port, name: "main", password: "pw")
            while try !sentinel.ask("SENTINEL", "REPLICAS", "main").contains("\(replica.port)") {}
        }

        func remove() throws { for server in [sentinel, replica, master] { try server.remove() } }

        /// The first of the sentinels is dead.
        func plan(name: String = "main") throws -> RedisPlan {
            var limits = Client.limits
            limits.operationTimeout = .milliseconds(200)
            limits.connectTimeout = .seconds(1)
            let nodes = [try freePort(), sentinel.port].map { RedisAddress(host: "127.0.0.1", port: $0) }
            return RedisPlan(
                place: .sentinel(SentinelPlan(masterName: name, nodes: nodes)),
                login: RedisLogin(password: "pw"), tls: nil, limits: limits)
        }
    }

    private static let rules = CircuitBreaker.Rules(
        failureThreshold: 5, successThreshold: 1, openDuration: .milliseconds(500), halfOpenMax: 1)

    @Test(
        "A master that is killed or hangs: commands fail at once or soon, until the replica is master and answers",
        arguments: [SIGKILL, SIGSTOP])
    func failover(signal: Int32) async throws {
        let stage = try Stage()
        let client = try await Client(try stage.plan(), rules: Self.rules)
        _ = try await client.insist("SET", "k", "v")
        stage.master.signal(signal)
        let start = ContinuousClock.now
        let failures = try await client.insist("SET", "k", "w")
        print("failover by \(signal) took \(ContinuousClock.now - start), \(failures.count) failures")
        #expect(!failures.isEmpty)
        #expect(try stage.replica.ask("GET", "k") == "w\n")
        #expect(try stage.replica.ask("ROLE").hasPrefix("master"))
        #expect(try await eventually { client.breaker.state == .closed })
        try await client.stop()
        try stage.remove()
    }

    @Test("A master that becomes a replica is left for the new one")
    func demotion() async throws {
        let stage = try Stage()
        let client = try await Client(try stage.plan(), rules: Self.rules)
        _ = try await client.insist("SET", "k", "v")
        // Refused until the sentinel has heard from the replica.
        #expect(try await eventually { try stage.sentinel.ask("SENTINEL", "FAILOVER", "main") == "OK\n" })
        #expect(try await eventually { try stage.replica.ask("ROLE").hasPrefix("master") })
        #expect(
            try await eventually {
                _ = try await client.insist("SET", "k", "w")
                return try stage.replica.ask("GET", "k") == "w\n"
            })
        try await client.stop()
        try stage.remove()
    }

    @Test("A name that no sentinel knows, and a server that is no master, are no place to go")
    func noMaster() async throws {
        let stage = try Stage()
        let lost = try await Client(try stage.plan(name: "other"), rules: Self.rules)
        #expect(try await lost.send("PING").failure == .unavailable)
        try await lost.stop()
        // The sentinel is told that the replica is the master.
        try stage.sentinel.ask("SENTINEL", "MONITOR", "wrong", "127.0.0.1", "\(stage.replica.port)", "1")
        let misled = try await Client(try stage.plan(name: "wrong"), rules: Self.rules)
        #expect(try await misled.send("PING").failure == .unavailable)
        try await misled.stop()
        try stage.remove()
    }
}
