import NIOCore
import Network
import Resilience
import Testing

@testable import Redis

/// CACHE-3: commands and their replies, against a real redis-server.
@Suite("Redis commands", .serialized)
struct CommandTests {
    @Test("10,000 commands at one time on one connection: every reply is its own command's, and few writes carry them")
    func pipelining() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        limits.maxConnections = 1
        try await withClient(server, .local(server.port, limits: limits)) { client in
            _ = try await client.insist("PING")
            let before = try server.statistic("total_reads_processed")
            let wrong = try await client.onLoop { loop, pool in
                // Tasks of the group run on the same loop.
                let pool = NIOLoopBound(pool, eventLoop: loop.eventLoop)
                return await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<10_000 {
                        group.addTask {
                            let reply = try? await pool.value.send(RedisCommand("ECHO", [.integer(number)]))
                            return reply == .bulk(ByteBuffer(string: "\(number)"))
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 0 : 1) }
                }
            }
            #expect(wrong == 0)
            #expect(try server.statistic("total_reads_processed") - before < 1_000)
            #expect(try server.ask("CLIENT", "LIST").components(containing: "name=yatagarasu") == 1)
        }
    }

    @Test("Values of all sizes come back as they went, and one beyond the bound ends the connection alone")
    func sizes() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        limits.replies.maxBulkLength = 5 << 20
        try await withClient(server, .local(server.port, limits: limits)) { client in
            _ = try await client.insist("PING")
            for size in [0, 1, 16_383, 16_384, 40_000, 130_000, 1 << 20, 5 << 20] {
                let pattern = (0..<251).map { UInt8($0) }
                var value = ByteBuffer()
                while value.readableBytes < size { value.writeBytes(pattern.prefix(size - value.readableBytes)) }
                #expect(try await client.send("SET", "k", .bytes(value)).text == "OK")
                #expect(try await client.send("GET", "k").get() == .bulk(value), "\(size)")
            }
            #expect(try await client.send("APPEND", "k", "x").get() == .integer(5 << 20 + 1))
            #expect(try await client.send("GET", "k").failure == .protocolViolation(.bulkTooLong))
            #expect(try await client.send("GET", "none").get() == .null)
        }
    }

    @Test("Large replies that follow each other without a pause are whole, also those kept while others come")
    func streamOfLargeReplies() async throws {
        let server = try RedisServer()
        var limits = Client.limits
        limits.maxConnections = 1
        try await withClient(server, .local(server.port, limits: limits)) { client in
            let values = (0..<40).map { number in
                ByteBuffer(repeating: UInt8(number), count: 20_000 + number * 10_007)
            }
            for (number, value) in values.enumerated() {
                #expect(try await client.send("SET", .integer(number), .bytes(value)).text == "OK")
            }
            let replies = try await client.onLoop { loop, pool in
                let pool = NIOLoopBound(pool, eventLoop: loop.eventLoop)
                return await withTaskGroup(of: (Int, RESPValue?).self) { group in
                    for number in values.indices {
                        group.addTask { (number, try? await pool.value.send(RedisCommand("GET", [.integer(number)]))) }
                    }
                    return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
            }
            #expect(replies.count == values.count)
            for (number, value) in values.enumerated() { #expect(replies[number] == .bulk(value), "\(number)") }
        }
    }

    @Test("AUTH: the right password, the wrong one and none")
    func passwords() async throws {
        let server = try RedisServer(password: "sesame")
        let right = try await Client(.local(server.port, login: RedisLogin(password: "sesame")))
        #expect(try await right.send("PING").text == "PONG")
        try await right.stop()
        let none = try await Client(.local(server.port))
        #expect(try await none.send("PING").failure == .refused(.noAuth))
        try await none.stop()
        let wrong = try await Client(.local(server.port, login: RedisLogin(password: "guess")))
        #expect(try await wrong.send("PING").failure == .refused(.wrongPass))
        try await wrong.stop()
        try server.remove()
    }

    @Test("A user of the access list may do what the list says, in the database that was named")
    func users() async throws {
        let server = try RedisServer()
        try server.ask("ACL", "SETUSER", "reader", "on", ">pass word", "~*", "+get", "+select", "+client|id")
        try server.ask("-n", "5", "SET", "k", "five")
        let login = RedisLogin(user: "reader", password: "pass word", database: 5)
        try await withClient(server, .local(server.port, login: login)) { client in
            #expect(try await client.send("GET", "k").text == "five")
            #expect(try await client.send("SET", "k", "v").failure == .refused(.noPerm))
            #expect(try await client.send("GET", "k").text == "five")
            let absent = try await Client(.local(server.port, login: RedisLogin(database: 99)))
            #expect(try await absent.send("PING").failure == .refused(.other))
            try await absent.stop()
        }
    }

    @Test("A server of old is spoken to in version 2, and its quoting of the password reaches no log")
    func oldServer() async throws {
        let server = try RedisServer(["--rename-command", "HELLO", ""], password: "hunter2")
        let log = try LogFile(in: server.folder)
        let login = RedisLogin(password: "hunter2", database: 3)
        try server.ask("-n", "3", "SET", "k", "three")
        try await withClient(server, .local(server.port, login: login), log: log.log) { client in
            #expect(try await client.send("GET", "k").text == "three")
            #expect(try await client.send("GET", "none").get() == .null)
            #expect(try server.ask("CLIENT", "LIST").components(containing: "name=yatagarasu") == 1)
            let wrong = try await Client(
                .local(server.port, login: RedisLogin(password: "hunter3", database: 3)), log: log.log)
            #expect(try await wrong.send("PING").failure == .refused(.wrongPass))
            try await wrong.stop()
            let text = try log.finish()
            #expect(text.contains("redis connection failed"))
            #expect(!text.contains("hunter"), "\(text)")
        }
    }

    @Test("A full memory refuses writes; reads go on, and it is no outage")
    func fullMemory() async throws {
        let server = try RedisServer(["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"])
        let rules = CircuitBreaker.Rules(
            failureThreshold: 1, successThreshold: 1, openDuration: .seconds(60), halfOpenMax: 1)
        try await withClient(server, rules: rules) { client in
            #expect(try await client.send("SET", "small", "v").text == "OK")
            let block = ByteBuffer(repeating: 0x61, count: 1 << 20)
            var failure: RedisFailure?
            for number in 0..<4 where failure == nil {
                failure = try await client.send("SET", .text("k\(number)"), .bytes(block)).failure
            }
            #expect(failure == .refused(.oom))
            #expect(try await client.send("GET", "small").text == "v")
            #expect(client.breaker.state == .closed)
        }
    }

    @Test("A replica refuses to write")
    func replica() async throws {
        let master = try RedisServer()
        let replica = try RedisServer(["--replicaof", "127.0.0.1", "\(master.port)"])
        try await withClient(replica) { client in
            _ = try await client.insist("GET", "k")
            let before = try await client.send("CLIENT", "ID").get()
            #expect(try await client.send("GET", "k").get() == .null)
            #expect(try await client.send("CLIENT", "ID").get() == before)
            #expect(try await client.send("SET", "k", "v").failure == .refused(.readOnly))
            // The connection to a server that has lost its office is given up; the next command makes another.
            #expect(try await client.send("CLIENT", "ID").get() != before)
        }
        try master.remove()
    }

    @Test("After the end nothing is sent")
    func shutDown() async throws {
        let server = try RedisServer()
        try await withClient(server) { client in
            #expect(try await client.send("PING").text == "PONG")
            async let waiting = client.send("BLPOP", "none", "0")
            _ = try await eventually { try server.ask("CLIENT", "LIST").contains("cmd=blpop") }
            try await client.onLoop { _, pool in pool.shutDown() }
            #expect(try await waiting.failure == .shutDown)
            #expect(try await client.send("PING").failure == .shutDown)
        }
    }
}

extension String {
    /// How many lines contain a text.
    func components(containing text: String) -> Int {
        split(whereSeparator: \.isNewline).filter { $0.contains(text) }.count
    }
}
