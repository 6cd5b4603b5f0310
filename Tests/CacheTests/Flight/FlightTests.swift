import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Network
import Testing

@testable import Cache

/// One fetch and its many readers (CACHE-6).
struct FlightTests {
    private struct Scene {
        let loop: LoopContext
        let abandoned: NIOLockedValueBox<Int>
        let window: Int

        func open(_ name: String = "object") -> Flight {
            let abandoned = abandoned
            return Flight(key: Sample.key(name), ticket: PurgeLedger().take(), window: window) {
                abandoned.withLockedValue { $0 += 1 }
            }
        }

        /// Reads all that a new reader gets; where it is lost, what the detour says.
        func reader(
            _ flight: Flight, _ range: Range<Int64>, _ cancellation: Cancellation = Cancellation()
        ) -> FlightReader {
            FlightReader(flight, range: range, cancellation: cancellation, loop: loop) { position throws(Fault) in
                throw Fault(.internal, detail: "lost at \(position)")
            }
        }
    }

    private func onLoop(window: Int = 1 << 20, _ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let group = try ReactorGroup(threads: 1)
        let result = await Task(executorPreference: LoopExecutor(group.loops[0])) {
            let loop = LoopContext(eventLoop: group.loops[0], index: 0, seed: (1, 2, 3, 4))
            try await body(Scene(loop: loop, abandoned: NIOLockedValueBox(0), window: window))
        }.result
        try await group.shutdownGracefully()
        try result.get()
    }

    private static func all(_ reader: FlightReader) async -> (bytes: Int, fault: Fault?) {
        var count = 0
        do throws(Fault) {
            while let chunk = try await reader.next() { count += chunk.readableBytes }
            return (count, nil)
        } catch {
            return (count, error)
        }
    }

    private static let head = Sample.head(length: 300_000, etag: "\"1\"")

    @Test func everyReaderGetsAllOfItWheneverItCame() async throws {
        try await onLoop { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: true))
            let early = scene.reader(flight, 0..<300_000)
            flight.bring(Sample.bytes(100_000, seed: 1))
            #expect(flight.join())
            let middle = scene.reader(flight, 50_000..<250_000)
            flight.bring(Sample.bytes(200_000, seed: 2))
            flight.end(nil)
            #expect(flight.join())
            let late = scene.reader(flight, 0..<300_000)
            #expect(await Self.all(early).bytes == 300_000)
            #expect(await Self.all(middle).bytes == 200_000)
            #expect(await Self.all(late).bytes == 300_000)
            #expect(scene.abandoned.withLockedValue { $0 } == 0)
        }
    }

    @Test func aWaitingReaderIsWokenByBytesByTheEndAndByItsClientsLeaving() async throws {
        try await onLoop { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: true))
            let cancellation = Cancellation()
            #expect(flight.join())
            // Used on this loop alone.
            nonisolated(unsafe) let first = scene.reader(flight, 0..<300_000)
            // Used on this loop alone.
            nonisolated(unsafe) let second = scene.reader(flight, 0..<300_000, cancellation)
            async let whole = unsafe Self.all(first)
            async let part = unsafe Self.all(second)
            flight.bring(Sample.bytes(1_000, seed: 1))
            await Task.yield()
            cancellation.cancel(.clientLeft)
            #expect(await part.fault != nil)
            flight.bring(Sample.bytes(299_000, seed: 2))
            flight.end(nil)
            #expect(await whole.bytes == 300_000)
        }
    }

    @Test func aFailureReachesAllBehindTheBytesThatCame() async throws {
        try await onLoop { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: true))
            let reader = scene.reader(flight, 0..<300_000)
            flight.bring(Sample.bytes(1_000, seed: 1))
            flight.end(Fault(.originInvalid, detail: "cut"))
            let (bytes, fault) = await Self.all(reader)
            #expect(bytes == 1_000 && fault?.code == .originInvalid)
            #expect(!flight.join(), "nobody joins what has failed")
            #expect(flight.completeBody() == nil)
        }
    }

    @Test func whatNobodyReadsAnyMoreIsGivenUpOnce() async throws {
        try await onLoop { scene in
            let flight = scene.open()
            #expect(flight.join())
            flight.leave()
            #expect(scene.abandoned.withLockedValue { $0 } == 0, "one reader is left")
            flight.leave()
            #expect(scene.abandoned.withLockedValue { $0 } == 1)
            #expect(!flight.join())
            let kept = scene.open("kept")
            kept.keep()
            kept.leave()
            #expect(scene.abandoned.withLockedValue { $0 } == 1, "it is kept for the tiers")
        }
    }

    @Test func whoFallsOutOfTheWindowGoesOnAlone() async throws {
        try await onLoop(window: 64 * 1024) { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: false))
            let slow = scene.reader(flight, 0..<300_000)
            flight.release(to: nil)
            for seed in 0..<10 { flight.bring(Sample.bytes(30_000, seed: seed)) }
            flight.end(nil)
            let (bytes, fault) = await Self.all(slow)
            #expect(bytes == 0 && fault?.detail == "lost at 0")
            #expect(flight.pieces().reduce(0) { $0 + $1.readableBytes } <= 64 * 1024 + 30_000)
        }
    }

    @Test func theFastestReaderSetsThePaceWhereNothingIsStored() async throws {
        try await onLoop(window: 64 * 1024) { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: false))
            flight.release(to: nil)
            // Used on this loop alone.
            nonisolated(unsafe) let reader = scene.reader(flight, 0..<300_000)
            flight.bring(Sample.bytes(40_000, seed: 1))
            let isAsked = NIOLockedValueBox(false)
            async let demand: Void = {
                await flight.demand()
                isAsked.withLockedValue { $0 = true }
            }()
            await Task.yield()
            #expect(!isAsked.withLockedValue { $0 }, "more than half of the window waits for readers")
            _ = try unsafe await reader.next()
            await demand
            #expect(isAsked.withLockedValue { $0 })
        }
    }

    @Test func bytesThatTrickleInAreJoined() async throws {
        try await onLoop { scene in
            let flight = scene.open()
            flight.arrive(.flowing(Self.head, variant: nil, isStored: true))
            let reader = scene.reader(flight, 0..<5_000)
            for _ in 0..<5_000 { flight.bring(ByteBuffer(bytes: [7])) }
            flight.end(nil)
            #expect(flight.pieces().count == 1)
            #expect(await Self.all(reader).bytes == 5_000)
        }
    }

    @Test func oneOfManyFlies() async throws {
        try await onLoop { scene in
            let table = FlightTable()
            let (first, isOurs) = table.join(Sample.key("a")) { scene.open("a") }
            let (second, isTheirs) = table.join(Sample.key("a")) { scene.open("a") }
            #expect(isOurs && !isTheirs && first === second)
            table.remove(.object(1, Array("a".utf8)))
            let (third, isNew) = table.join(Sample.key("a")) { scene.open("a") }
            #expect(isNew && third !== first, "who comes after a purge joins nothing that was asked for before")
            table.remove(first)
            #expect(table.count == 1, "another one's flight stays")
        }
    }
}
