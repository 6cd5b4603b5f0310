import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import Network

@Suite("LoopExecutor and LoopContext")
struct LoopTests {
    private actor Elsewhere {
        func visit() {}
    }

    @Test("A task on the loop's executor runs on the loop, and is back there after every suspension")
    func staysOnLoop() async throws {
        let places = try await onLoop { context in
            var places = [context.eventLoop.inEventLoop]
            await Task.yield()
            places.append(context.eventLoop.inEventLoop)
            try await Task.sleep(for: .milliseconds(1))
            places.append(context.eventLoop.inEventLoop)
            await Elsewhere().visit()
            places.append(context.eventLoop.inEventLoop)
            try await context.eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
            places.append(context.eventLoop.inEventLoop)
            return places
        }
        #expect(places == [true, true, true, true, true])
    }

    @Test("Task.immediate on the loop runs before it returns")
    func immediate() async throws {
        let group = try ReactorGroup(threads: 1)
        let eventLoop = group.loops[0]
        let executor = LoopExecutor(eventLoop)
        let order = try await eventLoop.submit {
            let order = NIOLoopBoundBox([String](), eventLoop: eventLoop)
            Task.immediate(executorPreference: executor) {
                order.value.append("task")
            }
            order.value.append("caller")
            return order
        }.map(\.value).get()
        #expect(order == ["task", "caller"])
        try await group.shutdownGracefully()
    }

    @Test("xoshiro256**: the first numbers of the reference implementation")
    func randomWords() {
        var words = RandomWords(seed: (1, 2, 3, 4))
        let expected: [UInt64] = [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        for word in expected { #expect(words.next() == word) }
        var zero = RandomWords(seed: (0, 0, 0, 0))
        #expect(zero.next() == expected[0], "a state of zeros would give zeros for ever")
    }

    @Test("Request ids of one loop differ, and follow from the seed")
    func requestIDs() throws {
        let loop = try Outside.loop()
        let context = LoopContext(eventLoop: loop, index: 3, seed: (1, 2, 3, 4))
        let twin = LoopContext(eventLoop: loop, index: 3, seed: (1, 2, 3, 4))
        let ids = (0..<1_000).map { _ in context.makeRequestID() }
        #expect(Set(ids).count == 1_000)
        #expect(ids.first == twin.makeRequestID())
        #expect(context.index == 3)
    }
}

@Suite("Watchdog")
struct WatchdogTests {
    private final class Bark {
        var count = 0
    }

    private let loop = EmbeddedEventLoop()

    private func make() -> (Watchdog, Bark) {
        let watchdog = Watchdog(eventLoop: loop)
        let bark = Bark()
        watchdog.onExpiry = { bark.count += 1 }
        return (watchdog, bark)
    }

    private func seconds(_ count: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(count) }

    @Test("Fires once, when its deadline has come")
    func fires() {
        let (watchdog, bark) = make()
        watchdog.set(seconds(5))
        loop.advanceTime(by: .seconds(4))
        #expect(bark.count == 0)
        loop.advanceTime(by: .seconds(1))
        #expect(bark.count == 1)
        loop.advanceTime(by: .seconds(100))
        #expect(bark.count == 1)
    }

    @Test("A later deadline holds, set anew any number of times")
    func movesLater() {
        let (watchdog, bark) = make()
        for second: Int64 in 0..<100 {
            watchdog.set(seconds(second + 10))
            loop.advanceTime(by: .seconds(1))
        }
        #expect(bark.count == 0)
        loop.advanceTime(by: .seconds(9))
        #expect(bark.count == 1)
    }

    @Test("An earlier deadline holds")
    func movesEarlier() {
        let (watchdog, bark) = make()
        watchdog.set(seconds(100))
        watchdog.set(seconds(2))
        loop.advanceTime(by: .seconds(2))
        #expect(bark.count == 1)
        loop.advanceTime(by: .seconds(200))
        #expect(bark.count == 1)
    }

    @Test("None is none, also when a timer runs; a new one after it holds")
    func cleared() {
        let (watchdog, bark) = make()
        watchdog.set(seconds(2))
        watchdog.set(nil)
        loop.advanceTime(by: .seconds(10))
        #expect(bark.count == 0)
        watchdog.set(seconds(11))
        loop.advanceTime(by: .seconds(1))
        #expect(bark.count == 1)
        watchdog.set(seconds(20))
        watchdog.set(nil)
        watchdog.set(seconds(15))
        loop.advanceTime(by: .seconds(4))
        #expect(bark.count == 2)
    }

    @Test("A deadline in the past fires at the loop's next turn")
    func past() {
        loop.advanceTime(by: .seconds(10))
        let (watchdog, bark) = make()
        watchdog.set(seconds(1))
        #expect(bark.count == 0)
        loop.run()
        #expect(bark.count == 1)
    }

    @Test("May be set anew from its own expiry")
    func fromExpiry() {
        let (watchdog, bark) = make()
        watchdog.onExpiry = { [unowned watchdog] in
            bark.count += 1
            if bark.count == 1 { watchdog.set(seconds(5)) }
        }
        watchdog.set(seconds(1))
        loop.advanceTime(by: .seconds(5))
        #expect(bark.count == 2)
        watchdog.stop()
    }

    @Test("Stopped, it never fires and holds nothing")
    func stops() {
        let (watchdog, bark) = make()
        watchdog.set(seconds(1))
        watchdog.stop()
        loop.advanceTime(by: .seconds(5))
        #expect(bark.count == 0)
        weak var gone: Watchdog?
        do {
            let (second, _) = make()
            second.set(seconds(10))
            gone = second
            second.stop()
        }
        #expect(gone == nil)
        loop.advanceTime(by: .seconds(20))
    }
}
