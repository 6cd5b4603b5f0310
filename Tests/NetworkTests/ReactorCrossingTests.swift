import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Network

@Suite("Reactor, asked by other threads")
struct ReactorCrossingTests {
    private static let askers = 4
    private static let rounds = 2_000

    /// What arrived on a loop, by who sent it. Touched on that loop alone.
    private final class Arrivals {
        var numbers = [[Int]](repeating: [], count: ReactorCrossingTests.askers)
        var timers = 0
    }

    @Test("Tasks arrive once and in each sender's order; a timer runs unless it is cancelled")
    func crossing() async throws {
        let (group, askers) = (try ReactorGroup(threads: 1), try ReactorGroup(threads: Self.askers))
        let loop = group.loops[0]
        let arrivals = try await loop.submit { NIOLoopBound(Arrivals(), eventLoop: loop) }.get()
        let cancelled = try await withThrowingTaskGroup { tasks in
            for (index, asker) in askers.loops.enumerated() {
                tasks.addTask {
                    try await Task(executorPreference: LoopExecutor(asker)) {
                        try await Self.ask(loop, as: index, arrivals)
                    }.value
                }
            }
            return try await tasks.reduce(0, +)
        }
        let (numbers, timers) = try await loop.submit { (arrivals.value.numbers, arrivals.value.timers) }.get()
        #expect(numbers == [[Int]](repeating: Array(0..<Self.rounds), count: Self.askers))
        // One may be cancelled while it runs.
        let all = Self.askers * Self.rounds / 4
        #expect(timers <= all && timers >= all - cancelled)
        try await group.shutdownGracefully()
        try await askers.shutdownGracefully()
    }

    /// Gives how many timers were cancelled.
    private static func ask(_ loop: Reactor, as index: Int, _ arrivals: NIOLoopBound<Arrivals>) async throws -> Int {
        var timers: [Scheduled<Void>] = []
        for number in 0..<rounds {
            loop.execute { arrivals.value.numbers[index].append(number) }
            guard number.isMultiple(of: 4) else { continue }
            timers.append(loop.scheduleTask(in: .microseconds(Int64(number))) { arrivals.value.timers += 1 })
            if number.isMultiple(of: 8) { timers[timers.count / 2].cancel() }
        }
        var cancelled = 0
        for timer in timers {
            do { try await timer.futureResult.get() } catch EventLoopError.cancelled { cancelled += 1 }
        }
        return cancelled
    }

    @Test("A loop that ends while others ask runs tasks at most once, and on no other thread")
    func ending() async throws {
        let askers = try ReactorGroup(threads: Self.askers)
        let seen = NIOLockedValueBox((numbers: Set<Int>(), repeats: 0, strays: 0))
        for turn in 0..<20 {
            let group = try ReactorGroup(threads: 1)
            let loop = group.loops[0]
            for (index, asker) in askers.loops.enumerated() {
                asker.execute {
                    for number in 0..<Self.rounds {
                        loop.execute {
                            let number = (turn * Self.askers + index) * Self.rounds + number
                            seen.withLockedValue { seen in
                                if !seen.numbers.insert(number).inserted { seen.repeats += 1 }
                                if !loop.inEventLoop { seen.strays += 1 }
                            }
                        }
                    }
                }
            }
            try await group.shutdownGracefully()
        }
        // All has been asked when this comes back.
        for asker in askers.loops { try await asker.submit {}.get() }
        try await askers.shutdownGracefully()
        seen.withLockedValue { #expect($0.repeats == 0 && $0.strays == 0) }
    }
}
