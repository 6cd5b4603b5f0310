import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network
import Resilience
import Testing

@testable import Redis

/// CACHE-9: a subscription that comes back by itself and says when it did.
@Suite("RedisSubscriber", .serialized)
struct SubscriberTests {
    private struct Heard: Equatable {
        var messages: [String] = []
        var subscriptions = 0
    }

    private func withSubscriber(
        _ server: RedisServer, login: RedisLogin = RedisLogin(),
        _ body: (NIOLockedValueBox<Heard>, Client, NIOLoopBound<RedisSubscriber>) async throws -> Void
    ) async throws {
        let heard = NIOLockedValueBox(Heard())
        var limits = Client.limits
        limits.operationTimeout = .milliseconds(500)
        let plan = RedisPlan.local(server.port, login: login, limits: limits)
        try await withClient(server, plan) { client in
            let connector = client.connector
            let subscriber = try await client.onLoop { loop, _ in
                let subscriber = RedisSubscriber(
                    plan: plan, channel: "news",
                    backoff: Backoff(first: .milliseconds(10), longest: .milliseconds(100)),
                    pingInterval: .milliseconds(200), loop: loop, connector: connector,
                    onMessage: { text in heard.withLockedValue { $0.messages.append(String(buffer: text)) } },
                    onReconnected: { heard.withLockedValue { $0.subscriptions += 1 } })
                subscriber.start()
                return NIOLoopBound(subscriber, eventLoop: loop.eventLoop)
            }
            #expect(try await eventually { heard.withLockedValue { $0.subscriptions } == 1 })
            try await body(heard, client, subscriber)
            try await client.onLoop { _, _ in subscriber.value.stop() }
        }
    }

    /// Publishes until it is heard.
    private func isHeard(_ text: String, _ heard: NIOLockedValueBox<Heard>, _ server: RedisServer) async throws -> Bool
    {
        try server.ask("PUBLISH", "news", text)
        return try await eventually { heard.withLockedValue { $0.messages.contains(text) } }
    }

    @Test("Messages arrive in order, those of other channels do not", arguments: [3, 2])
    func messages(version: Int) async throws {
        let server = try RedisServer(version == 2 ? ["--rename-command", "HELLO", ""] : [])
        try await withSubscriber(server) { heard, _, _ in
            for number in 0..<5 {
                try server.ask("PUBLISH", "old news", "no")
                try server.ask("PUBLISH", "news", "\(number)")
            }
            #expect(try await eventually { heard.withLockedValue { $0.messages.count } == 5 })
            // Longer than some pings take: they disturb nothing.
            try await Task.sleep(for: .milliseconds(700))
            #expect(try await isHeard("last", heard, server))
            let expected = Heard(messages: ["0", "1", "2", "3", "4", "last"], subscriptions: 1)
            #expect(heard.withLockedValue { $0 } == expected)
        }
    }

    @Test("A connection that the server ends, and a server that dies, are come back from")
    func reconnects() async throws {
        let server = try RedisServer()
        try await withSubscriber(server) { heard, _, _ in
            try server.ask("CLIENT", "KILL", "TYPE", "pubsub")
            #expect(try await eventually { heard.withLockedValue { $0.subscriptions } == 2 })
            #expect(try await isHeard("one", heard, server))
            server.kill()
            try await Task.sleep(for: .milliseconds(100))
            try server.start()
            #expect(try await eventually { heard.withLockedValue { $0.subscriptions } == 3 })
            #expect(try await isHeard("two", heard, server))
        }
    }

    @Test("A server that falls silent is noticed, and subscribed to again when it speaks")
    func silence() async throws {
        let server = try RedisServer()
        try await withSubscriber(server) { heard, _, _ in
            server.signal(SIGSTOP)
            try await Task.sleep(for: .milliseconds(1_500))
            server.signal(SIGCONT)
            #expect(try await eventually { heard.withLockedValue { $0.subscriptions } >= 2 })
            #expect(try await isHeard("again", heard, server))
        }
    }

    @Test("After stop there is no subscription and none comes")
    func stop() async throws {
        let server = try RedisServer()
        try await withSubscriber(server) { heard, client, subscriber in
            try await client.onLoop { _, _ in subscriber.value.stop() }
            #expect(try await eventually { try server.ask("PUBSUB", "NUMSUB", "news").contains("0") })
            try await Task.sleep(for: .milliseconds(300))
            #expect(try server.ask("PUBLISH", "news", "x") == "0\n")
            #expect(heard.withLockedValue { $0 } == Heard(subscriptions: 1))
        }
    }
}
