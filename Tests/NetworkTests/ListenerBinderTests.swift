import NIOCore
import NIOPosix
import Testing

@testable import Network

@Suite("ListenerBinder", .serialized)
struct ListenerBinderTests {
    /// Tells on which loop, by index, each connection arrived, by sending one digit.
    private func listen(
        _ address: String, port: Int, on loops: [Reactor]
    ) async throws(BindFailure) -> [Listener] {
        try await ListenerBinder().bind(to: address, port: port, on: loops) { channel, index in
            guard channel.eventLoop === loops[index], channel.eventLoop.inEventLoop else { return }
            channel.writeAndFlush(ByteBuffer(string: "\(index)"), promise: nil)
        }
    }

    private func failure(_ address: String, _ port: Int, _ loops: [Reactor]) async -> BindFailure? {
        do throws(BindFailure) {
            for listener in try await listen(address, port: port, on: loops) { try? await listener.close() }
            return nil
        } catch {
            return error
        }
    }

    /// A program that another test is about to start holds a copy of every socket for a moment, so this may take a
    /// while; far less than the minute for which the kernel remembers a connection.
    private func becomesFree(_ port: Int, _ loops: [Reactor]) async -> Bool {
        for _ in 0..<100 {
            if await failure("127.0.0.1", port, loops) == nil { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private func withLoops(_ count: Int, _ body: ([Reactor]) async throws -> Void) async throws {
        let group = try ReactorGroup(threads: count)
        let result: Result<Void, any Error>
        do { result = .success(try await body(group.loops)) } catch { result = .failure(error) }
        try await group.shutdownGracefully()
        try result.get()
    }

    private func digit(from port: Int) async throws -> String {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FirstRead(promise))
                }
            }
            .connect(to: IPAddress.loopbackV4.socketAddress(port: UInt16(port))).get()
        let digit = try await promise.futureResult.get()
        try await channel.close()
        return digit
    }

    @Test("Each loop has its own socket on one port, and a connection stays on the loop that accepted it")
    func spreads() async throws {
        try await withLoops(3) { loops in
            let listeners = try await listen("127.0.0.1", port: 0, on: loops)
            #expect(listeners.map { $0.eventLoop === loops[0] } == [true, false, false])
            let ports = Set(listeners.map { $0.localAddress?.port ?? 0 })
            #expect(ports.count == 1)
            let port = try #require(ports.first)
            #expect(port > 0)
            var seen: Set<String> = []
            for _ in 0..<200 where seen.count < 3 { seen.insert(try await digit(from: port)) }
            #expect(seen == ["0", "1", "2"])
            for listener in listeners { try await listener.close() }
        }
    }

    @Test("CFG-8: a port in use is noticed, also when its holder shares it", arguments: [1, 2], [1, 2])
    func inUse(holders: Int, comers: Int) async throws {
        try await withLoops(2) { loops in
            let port = try freePort()
            let held = try await listen("127.0.0.1", port: port, on: Array(loops.prefix(holders)))
            #expect(await failure("127.0.0.1", port, Array(loops.prefix(comers))) == .addressInUse)
            #expect(await failure("0.0.0.0", port, Array(loops.prefix(comers))) == .addressInUse)
            for channel in held { try await channel.close() }
            #expect(await becomesFree(port, Array(loops.prefix(comers))))
        }
    }

    @Test("A restart need not wait for connections of the former run to be forgotten")
    func restart() async throws {
        try await withLoops(2) { loops in
            let port = try freePort()
            let listeners = try await listen("127.0.0.1", port: port, on: loops)
            _ = try await digit(from: port)
            for channel in listeners { try await channel.close() }
            #expect(await becomesFree(port, loops))
        }
    }

    @Test("What cannot be bound is told in one line", arguments: [1, 2])
    func failures(count: Int) async throws {
        try await withLoops(count) { loops in
            #expect(await failure("192.0.2.1", 0, loops) == .addressNotAvailable)
            #expect(await failure("localhost", 0, loops) == .notAnAddress)
            #expect(await failure("fe80::1%lo", 0, loops) == .notAnAddress)
            #expect(await failure("127.0.0.1", 65_536, loops) == .notAnAddress)
            #expect(await failure("::1", 0, loops) == nil)
        }
        #expect(
            BindFailure.addressInUse.explanation(address: "127.0.0.1", port: 8_080)
                == "cannot listen on 127.0.0.1:8080: the address is in use by another program")
        #expect(BindFailure(errno: 13).explanation(address: "::", port: 80).hasPrefix("cannot listen on [::]:80: perm"))
    }
}
