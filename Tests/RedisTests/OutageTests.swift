import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Resilience
import Testing

@testable import Redis

/// CACHE-3: a Redis that is slow, dead, moved or untrusted costs little, and comes back by itself.
@Suite("Redis outages", .serialized)
struct OutageTests {
    private static let rules = CircuitBreaker.Rules(
        failureThreshold: 3, successThreshold: 1, openDuration: .milliseconds(200), halfOpenMax: 1)

    private static var limits: RedisLimits {
        var limits = Client.limits
        limits.operationTimeout = .milliseconds(300)
        limits.connectTimeout = .seconds(3)
        return limits
    }

    @Test("A server that pauses: commands time out, then fail at once, then are answered, each by its own reply")
    func pause() async throws {
        let server = try RedisServer()
        try await withClient(server, .local(server.port, limits: Self.limits), rules: Self.rules) { client in
            _ = try await client.insist("PING")
            let sleeper = try server.begin("DEBUG", "SLEEP", "2")
            var failures: [RedisFailure] = []
            while client.breaker.state == .closed {
                failures += [try await client.send("ECHO", "late").failure].compactMap(\.self)
            }
            #expect(failures.count >= 3 && failures.allSatisfy { $0 == .timedOut })
            sleeper.stop()
            let between = try await client.insist("ECHO", "first")
            #expect(between.allSatisfy { $0 == .unavailable || $0 == .timedOut })
            for number in 0..<100 { #expect(try await client.send("ECHO", .integer(number)).text == "\(number)") }
            #expect(client.breaker.state == .closed)
        }
    }

    @Test("While the breaker is open a command fails without waiting, and nobody dials")
    func openBreaker() async throws {
        let port = try freePort()
        let rules = CircuitBreaker.Rules(
            failureThreshold: 3, successThreshold: 1, openDuration: .seconds(3_600), halfOpenMax: 1)
        let client = try await Client(.local(port, limits: Self.limits), rules: rules)
        for _ in 0..<3 { #expect(try await client.send("PING").failure == .unavailable) }
        #expect(client.breaker.state == .open)
        // A server is there by now, but nobody asks.
        let server = try RedisServer(port: port)
        let failures = try await client.onLoop { loop, pool in
            var failures = 0
            let command = RedisCommand("PING")
            for _ in 0..<10_000 {
                do throws(RedisFailure) { _ = try await pool.send(command) } catch .unavailable { failures += 1 }
            }
            return failures
        }
        #expect(failures == 10_000)
        // Those of the two questions to the server.
        #expect(try server.statistic("total_connections_received") == 2)
        try await client.stop()
        try server.remove()
    }

    @Test("A killed server ends the commands under way; after its return it is used again")
    func restart() async throws {
        let server = try RedisServer()
        try await withClient(server, .local(server.port, limits: Self.limits), rules: Self.rules) { client in
            _ = try await client.insist("SET", "k", "v")
            async let waiting = client.send("BLPOP", "none", "0")
            _ = try await eventually { try server.ask("CLIENT", "LIST").contains("cmd=blpop") }
            server.kill()
            let lost = try await waiting.failure
            #expect(lost == .connectionLost || lost == .timedOut)
            var failures: [RedisFailure] = []
            while client.breaker.state == .closed {
                failures += [try await client.send("PING").failure].compactMap(\.self)
            }
            #expect(failures.allSatisfy { $0 == .unavailable || $0 == .connectionLost })
            try server.start()
            #expect(try await client.insist("PING").allSatisfy { $0 == .unavailable })
            #expect(try await client.send("GET", "k").get() == .null)
        }
    }

    @Test("A server that takes connections and says nothing is left when the time is over")
    func silence() async throws {
        let server = try RedisServer()
        server.signal(SIGSTOP)
        var limits = Self.limits
        limits.connectTimeout = .milliseconds(600)
        try await withClient(server, .local(server.port, limits: limits), rules: Self.rules) { client in
            #expect(try await client.send("PING").failure == .timedOut)
            server.signal(SIGCONT)
            _ = try await client.insist("PING")
        }
    }

    @Test("TLS: the right authority and name, and nothing else")
    func tls() async throws {
        let certificates = try Certificates(names: "DNS:redis.test")
        let server = try certificates.server()
        let hosts = try certificates.folder.write("hosts", "127.0.0.1 redis.test\n127.0.0.1 other.test\n")
        for (host, authority, isTrusted) in [
            ("redis.test", certificates.authority, true), ("other.test", certificates.authority, false),
            ("redis.test", certificates.otherAuthority, false),
        ] {
            var plan = RedisPlan.local(server.port)
            plan.place = .server(RedisAddress(host: host, port: server.port))
            plan.tls = try certificates.context(trusting: authority)
            let client = try await Client(plan, hosts: hosts)
            let outcome = try await client.send("ECHO", "hello")
            #expect(isTrusted ? outcome.text == "hello" : outcome.failure == .unavailable, "\(host) \(authority)")
            if isTrusted {
                let value = ByteBuffer(repeating: 0x62, count: 3 << 20)
                #expect(try await client.send("SET", "k", .bytes(value)).text == "OK")
                #expect(try await client.send("GET", "k").get() == .bulk(value))
            }
            try await client.stop()
        }
        let plain = try await Client(.local(server.port, limits: Self.limits))
        #expect(try await plain.send("PING").failure != nil)
        try await plain.stop()
        try server.remove()
        try certificates.folder.remove()
    }
}
