import NIOCore
import Testing

@testable import Network

/// Asks a real name server (dnsmasq) through c-ares.
@Suite("Resolver against dnsmasq", .serialized)
struct ResolverTests {
    private static let v4 = IPAddress.v4(0x0a00_0001)
    private static let new = IPAddress.v4(0x0a00_0002)
    private static let v6 = IPAddress.v6(0xfd00_0000_0000_0000, 1)

    private func withServer(
        hosts: String = "", ttl: Int = 60, options: [String] = [],
        _ body: (NameServer) async throws -> Void
    ) async throws {
        let server = try await NameServer(hosts: hosts, ttl: ttl, options: options)
        do {
            try await body(server)
        } catch {
            try server.stop()
            throw error
        }
        try server.stop()
    }

    private func failure(_ resolver: NameResolver, _ name: String) async -> ResolutionFailure? {
        await NetworkTests.failure { () async throws(ResolutionFailure) in try await resolver.resolve(name) }
    }

    /// Waits until the server itself, asked anew, gives `expected`.
    private func waitUntil(_ server: NameServer, gives expected: [IPAddress], for name: String) async throws {
        for _ in 0..<250 {
            if try await NameResolver(server.settings()).resolve(name) == expected { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the name server did not take the new records")
    }

    @Test("S3-6: A, AAAA and both are found; case and final dot do not matter")
    func records() async throws {
        let hosts = "10.0.0.1 four.test\nfd00::1 six.test\n10.0.0.1 both.test\nfd00::1 both.test\n"
        try await withServer(hosts: hosts) { server in
            let resolver = try NameResolver(server.settings())
            #expect(try await resolver.resolve("four.test") == [Self.v4])
            #expect(try await resolver.resolve("six.test") == [Self.v6])
            #expect(try await Set(resolver.resolve("both.test")) == [Self.v4, Self.v6])
            #expect(try await resolver.resolve("FOUR.test.") == [Self.v4])
        }
    }

    @Test("S3-6: an alias leads to its addresses, and the least TTL on the way counts")
    func alias() async throws {
        let options = ["--cname=alias.test,four.test,2"]
        try await withServer(hosts: "10.0.0.1 four.test\n", ttl: 200, options: options) { server in
            let clock = ManualClock()
            let resolver = try NameResolver(server.settings(), clock: { clock.now })
            #expect(try await resolver.resolve("alias.test") == [Self.v4])
            clock.advance(by: .milliseconds(1_900))
            #expect(resolver.cached("alias.test") == [Self.v4])
            clock.advance(by: .milliseconds(200))
            #expect(resolver.cached("alias.test") == nil)
        }
    }

    @Test("S3-5: names that do not exist, have no address, or are nobody's are told apart from servers that fail")
    func failures() async throws {
        try await withServer(options: ["--txt-record=text.test,hello"]) { server in
            let resolver = try NameResolver(server.settings())
            #expect(await failure(resolver, "missing.test") == .notFound)
            #expect(await failure(resolver, "text.test") == .notFound)
            #expect(await failure(resolver, "www.example.com") == .refused)
            #expect(await failure(resolver, "bad name") == .badName)
            #expect(await failure(resolver, "fe80::1%eth0") == .badName)
            #expect(await failure(resolver, "hidden.onion") == .notFound)
        }
    }

    @Test("S3-6: after its TTL a name is asked for again, and the new record holds; before, the known one")
    func reresolution() async throws {
        try await withServer(hosts: "10.0.0.1 web.test\n", ttl: 30) { server in
            let clock = ManualClock()
            let resolver = try NameResolver(server.settings(), clock: { clock.now })
            #expect(resolver.cached("web.test") == nil)
            #expect(try await resolver.resolve("web.test") == [Self.v4])
            #expect(resolver.cached("WEB.test") == [Self.v4])
            try server.change(hosts: "10.0.0.2 web.test\n")
            try await waitUntil(server, gives: [Self.new], for: "web.test")
            clock.advance(by: .seconds(29))
            #expect(try await resolver.resolve("web.test") == [Self.v4])
            clock.advance(by: .seconds(2))
            #expect(resolver.cached("web.test") == nil)
            #expect(try await resolver.resolve("web.test") == [Self.new])
        }
    }

    @Test("S3-6: with the name server gone, the last answer serves for five minutes after its end")
    func stale() async throws {
        let server = try await NameServer(hosts: "10.0.0.1 web.test\n", ttl: 10)
        let settings = try server.settings()
        let clock = ManualClock()
        let resolver = try NameResolver(settings, clock: { clock.now })
        #expect(try await resolver.resolve("web.test") == [Self.v4])
        try server.stop()
        clock.advance(by: .seconds(60))
        #expect(try await resolver.resolve("web.test") == [Self.v4])
        clock.advance(by: .minutes(5))
        // Which of the two depends on which of its packets the kernel answers first.
        let end = await failure(resolver, "web.test")
        #expect(end == .refused || end == .timedOut)
    }

    @Test("S3-6: with the name server silent, the last answer serves after half a second")
    func silentServer() async throws {
        let server = try await NameServer(hosts: "10.0.0.1 web.test\n", ttl: 1)
        var settings = try server.settings()
        settings.queryTimeout = .seconds(20)
        let resolver = try NameResolver(settings)
        #expect(try await resolver.resolve("web.test") == [Self.v4])
        try server.stop()
        try await Task.sleep(for: .milliseconds(1_100))
        try await BlackHole.nameServer(port: server.port) { _ in
            let start = ContinuousClock.now
            let addresses = try await resolver.resolve("web.test")
            #expect(addresses == [Self.v4])
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(450) && elapsed < .seconds(5))
        }
    }

    @Test("S3-5: a name server that never answers means timedOut, in bounded time")
    func unreachableServer() async throws {
        try await BlackHole.nameServer { address in
            var settings = ResolverSettings()
            settings.servers = [address]
            settings.queryTimeout = .milliseconds(100)
            settings.tries = 2
            let resolver = try NameResolver(settings)
            let start = ContinuousClock.now
            #expect(await failure(resolver, "web.test") == .timedOut)
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(250) && elapsed < .seconds(4))
        }
    }

    @Test("A caller's deadline, its cancellation and the end of the resolver do not wait for the name server")
    func impatience() async throws {
        try await BlackHole.nameServer { address in
            var settings = ResolverSettings()
            settings.servers = [address]
            settings.queryTimeout = .seconds(20)
            settings.limits.questions = 1
            let resolver = try NameResolver(settings)
            let start = ContinuousClock.now
            let late = await NetworkTests.failure { () async throws(ResolutionFailure) in
                try await resolver.resolve("a.test", before: .now() + .milliseconds(100))
            }
            #expect(late == .timedOut)
            #expect(await failure(resolver, "b.test") == .overloaded)
            let cancelled = Task { await failure(resolver, "a.test") }
            try await Task.sleep(for: .milliseconds(50))
            cancelled.cancel()
            #expect(await cancelled.value == .cancelled)
            let waiting = Task { await failure(resolver, "a.test") }
            try await Task.sleep(for: .milliseconds(50))
            resolver.shutDown()
            #expect(await waiting.value == .shutDown)
            #expect(await failure(resolver, "c.test") == .shutDown)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test(
        "resolv.conf's search list and ndots hold; a final dot makes a name absolute",
        arguments: [
            ("search sub.test\n", "web", true), ("search nowhere.test sub.test\n", "web", true),
            ("search sub.test\n", "web.", false), ("search nowhere.test\n", "web", false),
            ("search test\n", "web.sub", true), ("search test\noptions ndots:2\n", "web.sub", true),
            ("search test\n", "web.sub.test", true), ("", "web.sub.test", true), ("", "web", false),
        ])
    func searchList(resolvConf: String, name: String, isFound: Bool) async throws {
        let options = ["--local=/sub/", "--local=/web/"]
        try await withServer(hosts: "10.0.0.1 web.sub.test\n", options: options) { server in
            let resolver = try NameResolver(server.settings(resolvConf: resolvConf))
            let found = try? await resolver.resolve(name)
            #expect(found == (isFound ? [Self.v4] : nil))
        }
    }

    @Test("A changed resolv.conf holds without a restart")
    func changedResolvConf() async throws {
        try await withServer(hosts: "10.0.0.1 one.a.test\n10.0.0.2 two.b.test\n") { server in
            let resolver = try NameResolver(server.settings(resolvConf: "search a.test\n"))
            #expect(try await resolver.resolve("one") == [Self.v4])
            #expect(await failure(resolver, "two") != nil)
            try server.folder.write("resolv.conf", "search b.test\n# changed\n")
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(try await resolver.resolve("two") == [Self.new])
        }
    }

    @Test("The hosts file comes before the name servers; localhost is this machine even when it is missing")
    func hostsFile() async throws {
        try await withServer(hosts: "10.0.0.1 web.test\n") { server in
            let resolver = try NameResolver(server.settings(hosts: "10.0.0.2 web.test # ours\n127.0.0.9 a.localhost\n"))
            #expect(try await resolver.resolve("web.test") == [Self.new])
            #expect(try await resolver.resolve("a.localhost") == [.v4(0x7f00_0009)])
            var settings = try server.settings()
            settings.hostsPath = server.folder.path + "/missing"
            let bare = try NameResolver(settings)
            #expect(try await bare.resolve("localhost") == [.loopbackV4, .loopbackV6])
            #expect(try await bare.resolve("b.LOCALHOST.") == [.loopbackV4, .loopbackV6])
            #expect(try await bare.resolve("web.test") == [Self.v4])
        }
    }

    @Test("IP literals are nobody's question")
    func literals() async throws {
        let resolver = try NameResolver()
        #expect(try await resolver.resolve("10.0.0.1") == [Self.v4])
        #expect(resolver.cached("fd00::1") == [Self.v6])
    }

    @Test("S3-6: a hundred callers on several threads are one question to the name server")
    func singleFlight() async throws {
        try await withServer(hosts: "10.0.0.1 web.test\n", options: ["--log-queries", "--log-facility=-"]) { server in
            let resolver = try NameResolver(server.settings())
            try await withThrowingTaskGroup(of: [IPAddress].self) { group in
                for _ in 0..<100 { group.addTask { try await resolver.resolve("web.test") } }
                for try await addresses in group { #expect(addresses == [Self.v4]) }
            }
            let log = try #require(server.readLog())
            #expect(log.split(separator: "\n").count { $0.contains("query[A] web.test") } == 1)
            #expect(log.split(separator: "\n").count { $0.contains("query[AAAA] web.test") } == 1)
        }
    }

    @Test("A thousand names at once are all answered")
    func manyNames() async throws {
        let names = (0..<1_000).map { "n\($0).test" }
        try await withServer(hosts: names.map { "10.0.0.1 \($0)\n" }.joined()) { server in
            let settings = try server.settings()
            let resolver = try NameResolver(settings)
            try await withThrowingTaskGroup(of: [IPAddress].self) { group in
                for name in names { group.addTask { try await resolver.resolve(name) } }
                for try await addresses in group { #expect(addresses == [Self.v4]) }
            }
        }
    }
}
