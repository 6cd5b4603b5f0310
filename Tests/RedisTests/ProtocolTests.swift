import NIOCore
import Testing

@testable import Redis

/// CACHE-3: the rules of one connection, without a socket.
@Suite("Redis protocol")
struct ProtocolTests {
    private static func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    private static func wire(_ command: RedisCommand) -> String {
        ([command.head] + command.rest).map { String(buffer: $0) }.joined()
    }

    @Test("A command is an array of bulk strings")
    func encoding() {
        let command = RedisCommand("SET", ["a", .bytes(ByteBuffer(string: "b\r\n")), .integer(-7), "é"])
        #expect(Self.wire(command) == "*5\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nb\r\n\r\n$2\r\n-7\r\n$2\r\né\r\n")
        #expect(command.rest.isEmpty)
        #expect(Self.wire(RedisCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
    }

    @Test("Large arguments are sent from where they lie, in their place")
    func largeArguments() {
        let large = ByteBuffer(repeating: UInt8(ascii: "x"), count: RedisCommand.sharesFrom)
        let command = RedisCommand("SET", ["k", .bytes(large), "PX", .bytes(large)])
        #expect(command.rest.contains(large))
        let size = RedisCommand.sharesFrom
        let body = String(buffer: large)
        let expected = "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(size)\r\n\(body)\r\n$2\r\nPX\r\n$\(size)\r\n\(body)\r\n"
        #expect(Self.wire(command) == expected)
    }

    @Test(
        "Errors are told by their first word",
        arguments: [
            ("NOAUTH Authentication required.", .noAuth), ("WRONGPASS invalid", .wrongPass), ("NOPERM x", .noPerm),
            ("READONLY x", .readOnly), ("OOM x", .oom), ("LOADING x", .loading), ("BUSY x", .busy),
            ("MASTERDOWN x", .masterDown), ("MOVED 1 a:1", .moved), ("ERR x", .other), ("", .other), ("OOMPH", .other),
        ] as [(String, RedisRefusal)])
    func refusals(text: String, refusal: RedisRefusal) {
        #expect(RedisRefusal(Array(text.utf8)) == refusal)
    }

    // MARK: the greeting

    private func greet(_ login: RedisLogin, _ replies: [String?]) -> ([String], RedisGreeting.Step) {
        var greeting = RedisGreeting(login)
        var sent = [Self.words(greeting.first)]
        for reply in replies {
            let step = greeting.replied(error: reply.map { Array($0.utf8) })
            guard case .send(let command) = step else { return (sent, step) }
            sent.append(Self.words(command))
        }
        return (sent, .refused(.other))
    }

    /// The words of a command, as people write them.
    private static func words(_ command: RedisCommand) -> String {
        let value = try? RESPParserTests.read(wire(command)).first
        return (value?.elements ?? []).compactMap { $0.bytes.map { String(buffer: $0) } }.joined(separator: " ")
    }

    @Test("One command greets a server of today; the database follows when it is not the first")
    func greeting() {
        let plain = greet(RedisLogin(clientName: "y"), [nil])
        #expect(plain.0 == ["HELLO 3 SETNAME y"] && plain.1 == .done)
        let full = greet(RedisLogin(user: "u", password: "p", database: 4, clientName: "y"), [nil, nil])
        #expect(full.0 == ["HELLO 3 AUTH u p SETNAME y", "SELECT 4"] && full.1 == .done)
        #expect(greet(RedisLogin(password: "p", clientName: "y"), [nil]).0 == ["HELLO 3 AUTH default p SETNAME y"])
    }

    @Test("An old server is spoken to as it understands", arguments: ["ERR unknown command", "NOPROTO sorry"])
    func oldServer(error: String) {
        let plain = greet(RedisLogin(clientName: "y"), [error, nil])
        #expect(plain.0 == ["HELLO 3 SETNAME y", "CLIENT SETNAME y"] && plain.1 == .done)
        let full = greet(RedisLogin(password: "p", database: 4, clientName: "y"), [error, nil, nil, "ERR no names"])
        #expect(full.0.dropFirst() == ["AUTH p", "SELECT 4", "CLIENT SETNAME y"] && full.1 == .done)
        for hidden in [error, "NOAUTH Authentication required."] {
            #expect(greet(RedisLogin(user: "u", password: "p"), [hidden, nil]).0.dropFirst().first == "AUTH u p")
        }
    }

    @Test("Refusals end the greeting")
    func refusedGreeting() {
        #expect(greet(RedisLogin(), ["NOAUTH x"]).1 == .refused(.noAuth))
        #expect(greet(RedisLogin(password: "p"), ["WRONGPASS x"]).1 == .refused(.wrongPass))
        #expect(greet(RedisLogin(password: "p"), ["ERR unknown", "ERR invalid password"]).1 == .refused(.wrongPass))
        #expect(greet(RedisLogin(database: 99), [nil, "ERR DB index is out of range"]).1 == .refused(.other))
    }

    // MARK: replies

    private func waiter(isSubscription: Bool = false) -> ReplyWaiter {
        ReplyWaiter(RedisCommand("PING"), until: .distantFuture, isSubscription: isSubscription)
    }

    // Macros do not take calls that change something.

    private func append(_ pipeline: inout RedisPipeline, _ waiter: ReplyWaiter) -> Bool { pipeline.append(waiter) }

    private func arrived(_ pipeline: inout RedisPipeline, _ value: RESPValue) -> RedisPipeline.Arrival {
        pipeline.arrived(value)
    }

    private func owner(_ arrival: RedisPipeline.Arrival) -> ReplyWaiter? {
        guard case .reply(let waiter) = arrival else { return nil }
        return waiter
    }

    @Test("Replies belong to commands in their order, within the bound")
    func order() {
        var pipeline = RedisPipeline(capacity: 200)
        for _ in 0..<5 {
            let waiters = (0..<200).map { _ in waiter() }
            for waiter in waiters { #expect(append(&pipeline, waiter)) }
            #expect(!append(&pipeline, waiter()))
            #expect(!pipeline.hasRoom)
            for (index, waiter) in waiters.enumerated() {
                #expect(pipeline.oldest === waiter)
                #expect(owner(arrived(&pipeline, .integer(Int64(index)))) === waiter)
            }
        }
        guard case .unexpected = pipeline.arrived(.null) else {
            Issue.record("a reply that nobody asked for was taken")
            return
        }
    }

    @Test("The end gives back those without a reply")
    func end() {
        var pipeline = RedisPipeline(capacity: 3)
        let waiters = (0..<3).map { _ in waiter() }
        for waiter in waiters { #expect(append(&pipeline, waiter)) }
        _ = pipeline.arrived(.null)
        let left = pipeline.end()
        #expect(left.count == 2 && left[0] === waiters[1] && left[1] === waiters[2])
        #expect(pipeline.count == 0)
    }

    @Test("Pushes come between replies and belong to no command")
    func pushes() {
        var pipeline = RedisPipeline(capacity: 3)
        let command = waiter()
        #expect(append(&pipeline, command))
        guard case .push = pipeline.arrived(.push([.simple(Self.text("invalidate")), .null])) else {
            Issue.record("a push was taken for a reply")
            return
        }
        #expect(owner(arrived(&pipeline, .array([]))) === command)
    }

    @Test("A subscription is confirmed by a push, or by an array of an old server", arguments: [true, false])
    func subscription(isPush: Bool) {
        func said(_ word: String) -> RESPValue {
            let words: [RESPValue] = [.bulk(Self.text(word)), .bulk(Self.text("c")), .bulk(Self.text("x"))]
            return isPush ? .push(words) : .array(words)
        }
        var pipeline = RedisPipeline(capacity: 3)
        let (first, second, third) = (waiter(), waiter(isSubscription: true), waiter())
        for waiter in [first, second] { #expect(append(&pipeline, waiter)) }
        #expect(owner(arrived(&pipeline, .simple(Self.text("PONG")))) === first)
        #expect(owner(arrived(&pipeline, said("subscribe"))) === second)
        guard case .push = pipeline.arrived(said("message")) else {
            Issue.record("a message was taken for a reply")
            return
        }
        #expect(append(&pipeline, third))
        guard case .push = pipeline.arrived(said("message")) else {
            Issue.record("a message was taken for a reply")
            return
        }
        let pong: RESPValue =
            isPush ? .simple(Self.text("PONG")) : .array([.bulk(Self.text("pong")), .bulk(Self.text(""))])
        #expect(owner(arrived(&pipeline, pong)) === third)
    }

    // MARK: Sentinel

    @Test("What sentinels say, and who is asked first")
    func sentinels() {
        let nodes = (1...3).map { RedisAddress(host: "s\($0)", port: 26_379) }
        var order = SentinelOrder(nodes: nodes)
        order.answered(nodes[2])
        #expect(order.nodes == [nodes[2], nodes[0], nodes[1]])
        order.answered(nodes[2])
        #expect(order.nodes == [nodes[2], nodes[0], nodes[1]])
        let answer: RESPValue = .array([.bulk(Self.text("10.0.0.1")), .bulk(Self.text("6380"))])
        #expect(SentinelOrder.master(answer) == RedisAddress(host: "10.0.0.1", port: 6_380))
        for wrong: RESPValue in [
            .null, .array([]), .array([.bulk(Self.text("h")), .bulk(Self.text("0"))]),
            .array([.bulk(Self.text("h")), .bulk(Self.text("x"))]),
            .array([.bulk(Self.text("")), .bulk(Self.text("1"))]),
        ] {
            #expect(SentinelOrder.master(wrong) == nil)
        }
        #expect(SentinelOrder.isMaster(.array([.bulk(Self.text("master")), .integer(0), .array([])])))
        #expect(!SentinelOrder.isMaster(.array([.bulk(Self.text("slave"))])))
    }
}
