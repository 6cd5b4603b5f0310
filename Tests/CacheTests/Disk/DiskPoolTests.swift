import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Cache

/// Blocking work is done by few threads, in order, and never piles up (CACHE-2).
struct DiskPoolTests {
    /// Holds threads until it is opened.
    private final class Gate: Sendable {
        private let lock = ConditionLock(value: 0)

        func pass() {
            lock.lock(whenValue: 1)
            lock.unlock()
        }

        func open() {
            lock.lock()
            lock.unlock(withValue: 1)
        }
    }

    @Test func everyJobIsDoneAndAnswered() async throws {
        let pool = try #require(DiskPool(threads: 4, queueLimit: 10_000))
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<5000 { group.addTask { await pool.run { number } ?? -1 } }
            return await group.reduce(0, +)
        }
        #expect(sum == 5000 * 4999 / 2)
        pool.stop()
    }

    @Test func urgentJobsAreBoundedAndOwedOnesAreNot() async throws {
        let pool = try #require(DiskPool(threads: 1, queueLimit: 3))
        let gate = Gate()
        let order = NIOLockedValueBox<[Int]>([])
        #expect(pool.put { gate.pass() })
        while pool.queued.urgent > 0 { await Task.yield() }
        for number in 0..<5 { #expect(pool.owe { order.withLockedValue { $0.append(100 + number) } }) }
        for number in 0..<3 { #expect(pool.put { order.withLockedValue { $0.append(number) } }) }
        #expect(!pool.put {})
        #expect(await pool.run { 1 } == nil)
        gate.open()
        await withCheckedContinuation { done in _ = pool.owe { done.resume() } }
        #expect(order.withLockedValue { $0 } == [0, 1, 2, 100, 101, 102, 103, 104])
        pool.stop()
    }

    @Test func owedJobsLeaveAThreadForUrgentOnes() async throws {
        let pool = try #require(DiskPool(threads: 2, queueLimit: 10))
        let gate = Gate()
        for _ in 0..<5 { #expect(pool.owe { gate.pass() }) }
        #expect(await pool.run { 7 } == 7)
        gate.open()
        pool.stop()
    }

    @Test func whatWaitsIsDoneBeforeTheThreadsEnd() async throws {
        let pool = try #require(DiskPool(threads: 2, queueLimit: 10))
        let gate = Gate()
        let done = NIOLockedValueBox(0)
        for _ in 0..<2 { #expect(pool.put { gate.pass() }) }
        for _ in 0..<20 { #expect(pool.owe { done.withLockedValue { $0 += 1 } }) }
        pool.stop()
        #expect(!pool.put {})
        #expect(!pool.owe {})
        #expect(!pool.isStopped)
        gate.open()
        while !pool.isStopped { await Task.yield() }
        #expect(done.withLockedValue { $0 } == 20)
    }
}
