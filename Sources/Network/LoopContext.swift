import Exchange
import NIOCore

/// What belongs to one event loop: its executor, its turns and its random numbers.
///
/// Every member but `eventLoop`, `executor` and `index` may be touched on the loop only.
@usableFromInline package final class LoopContext {
    package let eventLoop: Reactor
    @usableFromInline package let clock: EventClock
    package let executor: LoopExecutor
    package let turn: LoopTurn
    /// Counts loops from 0; names a shard of counters.
    package let index: Int
    private var random: RandomWords

    /// `seed` comes from the system's generator in the program and is fixed in tests.
    package init(eventLoop: Reactor, index: Int, seed: (UInt64, UInt64, UInt64, UInt64)) {
        self.eventLoop = eventLoop
        self.clock = eventLoop.clock
        self.executor = LoopExecutor(eventLoop)
        self.turn = LoopTurn(eventLoop)
        self.index = index
        self.random = RandomWords(seed: seed)
    }

    /// The time of the event that is being served.
    @inlinable package var moment: NIODeadline { clock.moment }

    package func makeRequestID() -> RequestID { RequestID(random: random.next(), random.next()) }

    /// A random word, for jitter; not for secrets.
    package func randomWord() -> UInt64 { random.next() }
}

/// xoshiro256** (Blackman and Vigna, 2018): fast and well spread, not for secrets.
package struct RandomWords: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        state = seed == (0, 0, 0, 0) ? (1, 2, 3, 4) : seed
    }

    package mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }
}
