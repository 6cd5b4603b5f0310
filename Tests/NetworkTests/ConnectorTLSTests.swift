import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Network

/// TLS to real servers whose certificates the openssl program made.
@Suite("Connector with TLS", .serialized)
struct ConnectorTLSTests {
    private struct Stage: Sendable {
        let certificates: Certificates
        let resolver: NameResolver
        let server: NIOSSLContext
    }

    private func withStage(
        names: String = "DNS:good.test,IP:127.0.0.1", maximum: TLSVersion? = nil,
        _ body: (Stage) async throws -> Void
    ) async throws {
        let certificates = try Certificates(names: names)
        var settings = ResolverSettings()
        let addresses = ["good.test", "other.test", "six.test"].map { "127.0.0.1 \($0)\n127.0.0.2 \($0)\n" }
        settings.hostsPath = try certificates.folder.write("hosts", addresses.joined())
        let resolver = try NameResolver(settings)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.server).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.serverKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = maximum
        let stage = Stage(
            certificates: certificates, resolver: resolver, server: try NIOSSLContext(configuration: configuration))
        let result: Result<Void, any Error>
        do { result = .success(try await body(stage)) } catch { result = .failure(error) }
        resolver.shutDown()
        try certificates.folder.remove()
        try result.get()
    }

    /// Connects and exchanges a line; gives the failure, if any.
    private func exchange(
        _ stage: Stage, _ host: String, _ port: Int, _ context: NIOSSLContext, timeout: TimeAmount = .seconds(5)
    ) async throws -> ConnectFailure? {
        let resolver = stage.resolver
        return try await onLoop { loop in
            let promise = loop.eventLoop.makePromise(of: String.self)
            do throws(ConnectFailure) {
                let channel = try await Connector(resolver: resolver).connect(
                    to: host, port: port, on: loop.eventLoop, timeout: timeout, tls: context
                ) { channel in
                    try channel.pipeline.syncOperations.addHandler(FirstRead(promise))
                }
                channel.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
                let text = try? await promise.futureResult.get()
                #expect(text == "hello")
                channel.close(promise: nil)
                return nil
            } catch {
                promise.fail(error)
                return error
            }
        }
    }

    @Test("HTTP-1: the right name, or the right address, under the right authority; everything else is refused")
    func verification() async throws {
        try await withStage { stage in
            let here = try await EchoServer(tls: stage.server)
            let there = try await EchoServer("127.0.0.2", port: here.port, tls: stage.server)
            let contexts = TLSContexts(certFile: stage.certificates.otherAuthority)
            let trusted = try contexts.client(caPath: stage.certificates.authority, verify: true)
            let system = try contexts.client(caPath: nil, verify: true)
            let blind = try contexts.client(caPath: nil, verify: false)
            #expect(try await exchange(stage, "good.test", here.port, trusted) == nil)
            #expect(try await exchange(stage, "GOOD.test.", here.port, trusted) == nil)
            #expect(try await exchange(stage, "127.0.0.1", here.port, trusted) == nil)
            let misnamed = try await exchange(stage, "other.test", here.port, trusted)
            #expect(misnamed == .tls(.hostNameMismatch))
            #expect(try await exchange(stage, "127.0.0.2", here.port, trusted) == .tls(.hostNameMismatch))
            #expect(try await exchange(stage, "good.test", here.port, system) == .tls(.certificateUntrusted))
            #expect(try await exchange(stage, "other.test", here.port, blind) == nil)
            #expect(try await exchange(stage, "127.0.0.2", here.port, blind) == nil)
            try await here.stop()
            try await there.stop()
        }
    }

    @Test("HTTP-1: nothing below TLS 1.2", arguments: [TLSVersion.tlsv11, .tlsv12, .tlsv13])
    func versions(maximum: TLSVersion) async throws {
        try await withStage(maximum: maximum) { stage in
            let server = try await EchoServer(tls: stage.server)
            let context = try TLSContexts(certFile: nil).client(caPath: stage.certificates.authority, verify: true)
            let failure = try await exchange(stage, "good.test", server.port, context)
            #expect(failure == (maximum == .tlsv11 ? .tls(.protocolVersion) : nil))
            try await server.stop()
        }
    }

    @Test("S3-5: a server without TLS, one that hangs up, and one that says nothing")
    func noTLS() async throws {
        try await withStage { stage in
            let context = try TLSContexts(certFile: nil).client(caPath: stage.certificates.authority, verify: true)
            let loop = try Outside.loop()
            let plain = try await ListenerBinder().bind(to: "127.0.0.1", port: 0, on: [loop]) { channel, _ in
                channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"), promise: nil)
            }
            let rude = try await ListenerBinder().bind(to: "127.0.0.1", port: 0, on: [loop]) { channel, _ in
                channel.eventLoop.execute { channel.close(promise: nil) }
            }
            let mute = try await ListenerBinder().bind(to: "127.0.0.1", port: 0, on: [loop]) { _, _ in }
            let ports = [plain, rude, mute].map { $0.first?.localAddress?.port ?? 0 }
            #expect(try await exchange(stage, "good.test", ports[0], context) == .tls(.notTLS))
            let hungUp = try await exchange(stage, "good.test", ports[1], context)
            #expect(hungUp == .tls(.closed) || hungUp == .reset)
            let start = ContinuousClock.now
            let silent = try await exchange(stage, "good.test", ports[2], context, timeout: .milliseconds(300))
            #expect(silent == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(3))
            for listener in plain + rude + mute { try await listener.close() }
        }
    }

    @Test("The server is told the name it is asked for, and no address (SNI, RFC 6066 §3)")
    func serverName() async throws {
        try await withStage { stage in
            let (names, seen) = AsyncStream.makeStream(of: String?.self)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(stage.certificates.server).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: stage.certificates.serverKey, format: .pem)))
            configuration.sslContextCallback = { values, promise in
                seen.yield(values.serverHostname)
                promise.succeed(.noChanges)
            }
            let server = try await EchoServer(tls: try NIOSSLContext(configuration: configuration))
            let context = try TLSContexts(certFile: nil).client(caPath: stage.certificates.authority, verify: true)
            #expect(try await exchange(stage, "good.test.", server.port, context) == nil)
            #expect(try await exchange(stage, "127.0.0.1", server.port, context) == nil)
            var iterator = names.makeAsyncIterator()
            #expect(await iterator.next() == .some("good.test"))
            #expect(await iterator.next() == .some(nil))
            try await server.stop()
        }
    }

    @Test("CFG-2: a context is kept, made anew when its file changes, and names what is missing")
    func contexts() async throws {
        try await withStage { stage in
            let bundle = stage.certificates.folder.path + "/bundle.pem"
            let contexts = TLSContexts(certFile: nil, bundlePaths: [stage.certificates.folder.path + "/none", bundle])
            #expect(throws: TLSFailure.noTrustRoots) { try contexts.client(caPath: nil, verify: true) }
            _ = try contexts.client(caPath: nil, verify: false)
            let missing = stage.certificates.folder.path + "/missing"
            #expect(throws: TLSFailure.unusableTrustRoots) { try contexts.client(caPath: missing, verify: true) }
            let empty = try stage.certificates.folder.write("empty.pem", "no certificate\n")
            #expect(throws: TLSFailure.unusableTrustRoots) { try contexts.client(caPath: empty, verify: true) }
            let authority = try #require(HostsFile.readFile(stage.certificates.authority, limit: 100_000))
            try stage.certificates.folder.write("bundle.pem", String(decoding: authority, as: UTF8.self))
            let first = try contexts.client(caPath: nil, verify: true)
            #expect(try contexts.client(caPath: nil, verify: true) === first)
            #expect(try contexts.client(caPath: bundle, verify: true) === first)
            let other = try #require(HostsFile.readFile(stage.certificates.otherAuthority, limit: 100_000))
            try stage.certificates.folder.write("bundle.pem", String(decoding: other + authority, as: UTF8.self))
            #expect(try contexts.client(caPath: nil, verify: true) !== first)
            let environment = TLSContexts(certFile: missing, bundlePaths: [bundle])
            #expect(throws: TLSFailure.unusableTrustRoots) { try environment.client(caPath: nil, verify: true) }
        }
    }
}
