import Exchange
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Redis

/// CACHE-3: the bounds of the pool, and who leaves it early.
@Suite("RedisPool", .serialized)
struct PoolTests {
    @Test("Connections are made while all are busy, up to the bound, and the counters follow")
    func growth() async throws {
        let server = try RedisServer()
        let counts = NIOLockedValueBox((open: 0, idle: 0))
        var limits = Client.limits
        limits.maxConnections = 3
        let client = try await Client(
            .local(server.port, limits: limits),
            metrics: {
                var metrics = RedisMetrics()
                metrics.open = { change in counts.withLockedValue { $0.open += change } }
                metrics.idle = { change in counts.withLockedValue { $0.idle += change } }
                return metrics
            })
        for _ in 0..<5 { #expect(try await client.send("PING").text == "PONG") }
        #expect(counts.withLockedValue { $0 } == (1, 1))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try? await client.send("BLPOP", "nothing", "0.1") } }
        }
        #expect(try server.ask("CLIENT", "LIST").components(containing: "name=yatagarasu") == 3)
        #expect(counts.withLockedValue { $0 } == (3, 3))
        try await client.stop()
        #expect(counts.withLockedValue { $0 } == (0, 0))
        try server.remove()
    }

    @Test("A connection whose server reads nothing takes no more than its share of bytes")
    func unsentBytes() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        (limits.maxConnections, limits.maxUnsentBytes, limits.maxWaiting) = (1, 1 << 20, 1)
        try await withClient(server, .local(server.port, limits: limits)) { client in
            _ = try await client.insist("PING")
            server.signal(SIGSTOP)
            let block = ByteBuffer(repeating: 0x61, count: 4 << 20)
            let outcomes = await withTaskGroup(of: RedisFailure?.self) { group in
                for _ in 0..<10 {
                    group.addTask { try? await client.send("SET", "k", .bytes(block)).failure }
                }
                // The first that end are those that are refused.
                let first = await group.next() ?? nil
                server.signal(SIGCONT)
                return await group.reduce(into: [first]) { $0.append($1) }
            }
            #expect(outcomes.first == .overloaded)
            #expect(outcomes.contains(nil))
            #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        }
    }

    @Test("Who leaves gets nothing more, and the replies of others stay theirs")
    func cancellation() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        limits.maxConnections = 1
        try await withClient(server, .local(server.port, limits: limits)) { client in
            _ = try await client.insist("PING")
            let outcome = try await client.onLoop { loop, pool in
                let cancellation = Cancellation()
                Self.leave(cancellation, loop)
                do throws(RedisFailure) {
                    _ = try await pool.send(RedisCommand("BLPOP", ["none", "1"]), cancellation: cancellation)
                    return nil as RedisFailure?
                } catch {
                    return error
                }
            }
            #expect(outcome == .cancelled)
            #expect(try await client.send("ECHO", "later").text == "later")
            // Its own, and those of the two questions to the server.
            #expect(try server.statistic("total_connections_received") == 3)
        }
    }

    private static func leave(_ cancellation: Cancellation, _ loop: LoopContext) {
        loop.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { cancellation.cancel(.clientLeft) }
    }

    @Test("Who leaves the line before there is a connection is told at once and makes room")
    func cancellationInLine() async throws {
        let server = try RedisServer()
        server.signal(SIGSTOP)
        var limits = Client.limits
        limits.maxWaiting = 1
        try await withClient(server, .local(server.port, limits: limits)) { client in
            let outcome = try await client.onLoop { loop, pool in
                let cancellation = Cancellation()
                Self.leave(cancellation, loop)
                do throws(RedisFailure) {
                    _ = try await pool.send(RedisCommand("PING"), cancellation: cancellation)
                    return nil as RedisFailure?
                } catch {
                    return error
                }
            }
            #expect(outcome == .cancelled)
            // Its place in the line is free.
            async let next = client.send("PING")
            try await Task.sleep(for: .milliseconds(50))
            server.signal(SIGCONT)
            #expect(try await next.text == "PONG")
        }
    }

    @Test("More commands than the bounds allow are refused at once")
    func overload() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        (limits.maxConnections, limits.maxOutstanding, limits.maxWaiting) = (1, 3, 4)
        try await withClient(server, .local(server.port, limits: limits)) { client in
            _ = try await client.insist("PING")
            let outcomes = await withTaskGroup(of: RedisFailure?.self) { group in
                for _ in 0..<10 { group.addTask { try? await client.send("BLPOP", "none", "0.3").failure } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 == .overloaded }.count == 3)
            #expect(outcomes.filter { $0 == nil }.count == 7)
        }
    }

    @Test("A server that takes no more connections is not asked for one with each command")
    func refusedGrowth() async throws {
        let server = try RedisServer()
        try await withClient(server) { client in
            _ = try await client.insist("PING")
            #expect(try await client.send("CONFIG", "SET", "maxclients", "1").text == "OK")
            for _ in 0..<30 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try? await client.send("BLPOP", "none", "0.01") } }
                }
            }
            #expect(try await client.send("CONFIG", "SET", "maxclients", "1000").text == "OK")
            #expect(try server.statistic("rejected_connections") <= 2)
        }
    }
}
