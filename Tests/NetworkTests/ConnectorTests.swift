import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Network

/// Connects to real sockets of this machine.
@Suite("Connector", .serialized)
struct ConnectorTests {
    /// A resolver that knows only what `hosts` says and asks a port where nobody listens for the rest.
    private func withResolver(
        hosts: String = "", _ body: (NameResolver) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        var settings = ResolverSettings()
        settings.servers = ["127.0.0.1:\(try freePort())"]
        settings.queryTimeout = .milliseconds(100)
        settings.tries = 2
        settings.hostsPath = try folder.write("hosts", hosts)
        settings.resolvConfPath = try folder.write("resolv.conf", "")
        let resolver = try NameResolver(settings)
        let result: Result<Void, any Error>
        do { result = .success(try await body(resolver)) } catch { result = .failure(error) }
        resolver.shutDown()
        try folder.remove()
        try result.get()
    }

    /// Connects, closes again, and gives the failure, if any, and the time it took.
    private func attempt(
        _ resolver: NameResolver, _ host: String, _ port: Int, timeout: TimeAmount = .seconds(5),
        tls: NIOSSLContext? = nil
    ) async throws -> (failure: ConnectFailure?, elapsed: Duration) {
        let start = ContinuousClock.now
        let failure = try await onLoop { context in
            let failure = await NetworkTests.failure { () async throws(ConnectFailure) in
                let channel = try await Connector(resolver: resolver).connect(
                    to: host, port: port, on: context.eventLoop, timeout: timeout, tls: tls
                ) { _ in }
                channel.close(promise: nil)
            }
            return failure
        }
        return (failure, ContinuousClock.now - start)
    }

    /// Sends a line and gives what comes back, and the peer's address.
    private func echo(
        _ resolver: NameResolver, _ host: String, _ port: Int, tls: NIOSSLContext? = nil
    ) async throws -> (text: String, peer: String?) {
        try await onLoop { context in
            let promise = context.eventLoop.makePromise(of: String.self)
            let channel = try await Connector(resolver: resolver).connect(
                to: host, port: port, on: context.eventLoop, timeout: .seconds(5), tls: tls
            ) { channel in
                #expect(channel.eventLoop.inEventLoop)
                try channel.pipeline.syncOperations.addHandler(FirstRead(promise))
            }
            #expect(context.eventLoop.inEventLoop && channel.eventLoop === context.eventLoop && channel.isActive)
            let noDelay = try await channel.getOption(.tcpOption(.tcp_nodelay)).get()
            let keepAlive = try await channel.getOption(.socketOption(.so_keepalive)).get()
            #expect(noDelay == 1 && keepAlive == 1)
            let peer = channel.remoteAddress?.ipAddress
            channel.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
            let text = try await promise.futureResult.get()
            try await channel.close()
            return (text, peer)
        }
    }

    @Test("S3-6: connects by name, by IPv4 and by IPv6 literal, with TCP_NODELAY and SO_KEEPALIVE")
    func connects() async throws {
        let server = try await EchoServer()
        let six = try await EchoServer("::1")
        try await withResolver(hosts: "127.0.0.1 web.test\n") { resolver async throws in
            for host in ["web.test", "WEB.test.", "127.0.0.1", "localhost"] {
                #expect(try await echo(resolver, host, server.port).text == "hello")
            }
            #expect(try await echo(resolver, "::1", six.port).peer == "::1")
        }
        try await server.stop()
        try await six.stop()
    }

    @Test("S3-5: a port where nobody listens, a name nobody knows, and no port at all")
    func failures() async throws {
        let port = try freePort()
        try await withResolver { resolver async throws in
            #expect(try await attempt(resolver, "127.0.0.1", port).failure == .refused)
            #expect(try await attempt(resolver, "localhost", port).failure == .refused)
            let unknown = try await attempt(resolver, "web.test", port)
            #expect(unknown.failure == .resolution(.refused) || unknown.failure == .resolution(.timedOut))
            #expect(try await attempt(resolver, "fe80::1%lo", port).failure == .resolution(.badName))
            #expect(try await attempt(resolver, "127.0.0.1", 0).failure == .other(22))
            #expect(try await attempt(resolver, "127.0.0.1", 65_536).failure == .other(22))
        }
    }

    @Test("REP-5: an address that never answers costs the timeout and no more")
    func blackHole() async throws {
        try await withResolver { resolver in
            try await BlackHole.listener(.loopbackV4) { port in
                let result = try await attempt(resolver, "127.0.0.1", port, timeout: .milliseconds(400))
                #expect(result.failure == .timedOut)
                #expect(result.elapsed >= .milliseconds(350) && result.elapsed < .seconds(3))
            }
        }
    }

    @Test("REP-5: the name is looked up within the same timeout")
    func slowName() async throws {
        try await BlackHole.nameServer { address in
            var settings = ResolverSettings()
            settings.servers = [address]
            let resolver = try NameResolver(settings)
            let result = try await attempt(resolver, "web.test", 80, timeout: .milliseconds(300))
            #expect(result.failure == .resolution(.timedOut))
            #expect(result.elapsed < .seconds(3))
        }
    }

    @Test("S3-6: an address that refuses does not keep the next one from being used")
    func secondAddress() async throws {
        let server = try await EchoServer()
        try await withResolver(hosts: "127.0.0.2 web.test\n127.0.0.1 web.test\n") { resolver in
            let result = try await echo(resolver, "web.test", server.port)
            #expect(result.text == "hello")
            #expect(result.peer == "127.0.0.1")
        }
        try await server.stop()
    }

    @Test("S3-6: an address that never answers delays the next one by 250 ms only, in either family")
    func happyEyeballs() async throws {
        let server = try await EchoServer()
        let six = try await EchoServer("::1", port: server.port)
        let hosts = """
            127.0.0.2 four.test
            127.0.0.1 four.test
            127.0.0.2 mixed.test
            127.0.0.3 mixed.test
            ::1 mixed.test
            """
        try await withResolver(hosts: hosts) { resolver in
            try await BlackHole.listener(.v4(0x7f00_0002), port: server.port) { port in
                let result = try await attempt(resolver, "four.test", port)
                #expect(result.failure == nil)
                #expect(result.elapsed >= .milliseconds(240) && result.elapsed < .seconds(3))
                // The other family comes before the second address of the first one's.
                let mixed = try await echo(resolver, "mixed.test", port)
                #expect(mixed.peer == "::1")
            }
        }
        try await six.stop()
        try await server.stop()
    }

    @Test("Cancelling the task ends connecting and looking up at once", arguments: ["127.0.0.1", "web.test"])
    func cancellation(host: String) async throws {
        try await BlackHole.nameServer { nameServer in
            var settings = ResolverSettings()
            settings.servers = [nameServer]
            let resolver = try NameResolver(settings)
            try await BlackHole.listener(.loopbackV4) { port in
                let start = ContinuousClock.now
                let failure = try await onLoop { context in
                    let task = Task(executorPreference: context.executor) { [eventLoop = context.eventLoop] in
                        await NetworkTests.failure { () async throws(ConnectFailure) in
                            try await Connector(resolver: resolver).connect(
                                to: host, port: port, on: eventLoop, timeout: .seconds(30)
                            ) { _ in }
                        }
                    }
                    try await Task.sleep(for: .milliseconds(50))
                    task.cancel()
                    return await task.value
                }
                #expect(failure == .cancelled)
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }
}
