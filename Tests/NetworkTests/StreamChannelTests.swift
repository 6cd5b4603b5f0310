import Dispatch
import Glibc
import NIOCore
import Testing

@testable import Network

@Suite("StreamChannel", .serialized)
struct StreamChannelTests {
    /// One side of a connection on a loop, the other a blocking socket of the test's.
    private func withPair(
        _ body: (StreamChannel, Int32, Reactor) async throws -> Void
    ) async throws {
        let group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let accepted = loop.makePromise(of: StreamChannel.self)
        let listener = try await ListenerBinder().bind(to: "127.0.0.1", port: 0, on: [loop]) { channel, _ in
            accepted.succeed(channel)
        }[0]
        let peer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let address = try #require(listener.localAddress)
        let status = unsafe address.withSockAddr { unsafe connect(peer, $0, socklen_t($1)) }
        #expect(status == 0)
        let channel = try await accepted.futureResult.get()
        let result: Result<Void, any Error>
        do { result = .success(try await body(channel, peer, loop)) } catch { result = .failure(error) }
        close(peer)
        try await listener.close()
        try await group.shutdownGracefully()
        try result.get()
    }

    private func drain(_ peer: Int32, _ count: Int) -> Int {
        var bytes = [UInt8](repeating: 0, count: count)
        return unsafe recv(peer, &bytes, count, Int32(MSG_WAITALL))
    }

    @Test("A slow reader is seen to move although nothing more fits into the kernel")
    func slowReader() async throws {
        try await withPair { channel, peer, loop in
            let total = 32 * 1024 * 1024
            let (unsent, held) = try await loop.submit {
                channel.enqueue(ByteBuffer(repeating: 7, count: total))
                channel.flush0()
                return (channel.unsentBytes, channel.unacknowledgedBytes)
            }.get()
            #expect(unsent > 0 && held > unsent)
            #expect(drain(peer, 256 * 1024) == 256 * 1024)
            try await Task.sleep(for: .milliseconds(300))
            let later = try await loop.submit { channel.unacknowledgedBytes }.get()
            #expect(later < held)
        }
    }

    @Test("Many writes leave in order, and their promises are kept")
    func writes() async throws {
        try await withPair { channel, peer, loop in
            let promises = (0..<100).map { _ in loop.makePromise(of: Void.self) }
            try await loop.submit {
                for (index, promise) in promises.enumerated() {
                    channel.enqueue(ByteBuffer(repeating: UInt8(index), count: 1_000), promise: promise)
                }
                #expect(!channel.isWritable)
                channel.flush0()
                #expect(channel.isWritable && channel.unsentBytes == 0)
            }.get()
            for promise in promises { try await promise.futureResult.get() }
            var bytes = [UInt8](repeating: 0, count: 100_000)
            let count = unsafe recv(peer, &bytes, bytes.count, Int32(MSG_WAITALL))
            #expect(count == 100_000 && bytes == (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: 1_000) })
        }
    }

    @Test("Reading that was held goes on to the end, however much came meanwhile")
    func heldReading() async throws {
        try await withPair { channel, peer, loop in
            let reader = NIOLoopBoundBox.makeBoxSendingValue(CountingReader(), eventLoop: loop)
            try await loop.submit {
                channel.setReading(false)
                channel.reader = reader.value
            }.get()
            let bytes = [UInt8](repeating: 9, count: 100_000)
            for _ in 0..<3 { #expect(unsafe send(peer, bytes, bytes.count, 0) == bytes.count) }
            #expect(shutdown(peer, Int32(SHUT_WR)) == 0)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await loop.submit { reader.value.count == 0 && channel.isActive }.get())
            try await loop.submit { channel.setReading(true) }.get()
            try await channel.closeFuture.get()
            #expect(try await loop.submit { reader.value.count }.get() == 300_000)
        }
    }

    @Test("A reader that holds in the midst of what is there gets the rest later, once")
    func interruptedReading() async throws {
        try await withPair { channel, peer, loop in
            let reader = NIOLoopBoundBox.makeBoxSendingValue(CountingReader(holding: channel), eventLoop: loop)
            try await loop.submit { channel.reader = reader.value }.get()
            let bytes = [UInt8](repeating: 9, count: 100_000)
            for _ in 0..<5 { #expect(unsafe send(peer, bytes, bytes.count, 0) == bytes.count) }
            #expect(unsafe send(peer, bytes, 1, 0) == 1)
            while try await loop.submit({ reader.value.count }).get() < 500_001 {
                try await loop.submit { channel.setReading(true) }.get()
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(try await loop.submit { channel.isActive }.get())
        }
    }

    @Test("A peer that resets fails what waits, and ends the channel")
    func reset() async throws {
        try await withPair { channel, peer, loop in
            let promise = loop.makePromise(of: Void.self)
            try await loop.submit {
                channel.enqueue(ByteBuffer(repeating: 1, count: 32 * 1024 * 1024), promise: promise)
                channel.flush0()
            }.get()
            var option = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(peer, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            // Closes the connection; the number stays the pair's own, to be closed once more.
            let nothing = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            #expect(dup2(nothing, peer) == peer)
            close(nothing)
            await #expect(throws: (any Error).self) { try await promise.futureResult.get() }
            try await channel.closeFuture.get()
            #expect(!channel.isActive)
        }
    }
}

/// Counts what it gets; holds the channel after each read when it has one.
private final class CountingReader: StreamReader {
    private(set) var count = 0
    private let channel: StreamChannel?

    init(holding channel: StreamChannel? = nil) { self.channel = channel }

    func received(copying bytes: RawSpan) {
        var copy = ByteBuffer()
        copy.writeBytes(bytes)
        received(copy)
    }

    func received(_ bytes: ByteBuffer) {
        count += bytes.readableBytes
        channel?.setReading(false)
    }

    func receivedAll() {}
    func writabilityChanged(_ isWritable: Bool) {}
}

@Suite("TimerHeap")
struct TimerHeapTests {
    @Test("Timers end in the order of their deadlines, and removed ones not at all")
    func order() {
        var heap = TimerHeap()
        var ended: [UInt64] = []
        var random = RandomWords(seed: (1, 2, 3, 4))
        let timers = (0..<500).map { _ in
            let time = random.next() % 1_000
            return ReactorTimer(.uptimeNanoseconds(time)) { if $0 { ended.append(time) } }
        }
        for timer in timers { heap.insert(timer) }
        for (index, timer) in timers.enumerated() where index.isMultiple(of: 3) { heap.remove(timer) }
        for (index, timer) in timers.enumerated() where index.isMultiple(of: 3) { heap.remove(timer) }
        while let timer = heap.popFirst() { timer.end(isDue: true) }
        #expect(ended.count == 333 && ended == ended.sorted())
        #expect(heap.next == nil)
    }
}

@Suite("Reactor")
struct ReactorTests {
    private final class Thing: Sendable {}

    @Test("A cancelled timer holds nothing, also while somebody holds the timer")
    func cancelled() async throws {
        let loop = try Outside.loop()
        weak var gone: Thing?
        let scheduled: Scheduled<Void>
        do {
            let thing = Thing()
            gone = thing
            scheduled = loop.scheduleTask(in: .hours(1)) { _ = thing }
        }
        scheduled.cancel()
        try await loop.submit {}.get()
        #expect(gone == nil)
        await #expect(throws: EventLoopError.self) { try await scheduled.futureResult.get() }
    }

    @Test("Tasks and timers run on the loop, in order, and none after the loop has ended")
    func ends() async throws {
        let group = try ReactorGroup(threads: 2)
        let loop = group.loops[1]
        let order = try await loop.scheduleTask(in: .milliseconds(5)) { loop.inEventLoop }.futureResult.get()
        #expect(order && !loop.inEventLoop && !group.loops[0].inEventLoop)
        try await group.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    @Test("A timer that is set while the loop ends is ended with it", .timeLimit(.minutes(1)))
    func timerSetLate() async throws {
        let group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let (outcomes, outcome) = AsyncStream<Result<Void, any Error>>.makeStream()
        loop.execute {
            loop.shutdownGracefully(queue: .global()) { _ in }
            loop.execute {
                loop.scheduleTask(in: .hours(1)) {}.futureResult.whenComplete {
                    outcome.yield($0)
                    outcome.finish()
                }
            }
        }
        for await result in outcomes { #expect(throws: EventLoopError.self) { try result.get() } }
    }

    @Test("A loop that has ended takes no later thread for its own")
    func threadIsForgotten() async throws {
        for _ in 0..<20 {
            let ended = try ReactorGroup(threads: 1)
            try await ended.shutdownGracefully()
            let next = try ReactorGroup(threads: 1)
            let dead = ended.loops[0]
            let isTaken = try await next.loops[0].submit { dead.inEventLoop }.get()
            try await next.shutdownGracefully()
            #expect(!isTaken)
        }
    }
}
