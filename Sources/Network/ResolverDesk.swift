import CLinux
import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// Where callers on any thread and the resolver's thread meet: the table behind its lock, and the descriptor that
/// wakes.
final class ResolverDesk: Sendable {
    typealias Outcome = Result<[IPAddress], ResolutionFailure>
    typealias Waiter = CheckedContinuation<Outcome, Never>

    private struct State {
        var table: ResolutionTable<Waiter>
        var isDescriptorOpen = true
        var lastID: UInt64 = 0
    }

    let settings: ResolverSettings
    /// An eventfd; open as long as the thread runs.
    let wakeDescriptor: Int32
    private let clock: @Sendable () -> NIODeadline
    private let state: NIOLockedValueBox<State>

    /// Nil when there is no descriptor left.
    init?(settings: ResolverSettings, clock: @escaping @Sendable () -> NIODeadline) {
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else { return nil }
        self.settings = settings
        self.clock = clock
        state = NIOLockedValueBox(State(table: ResolutionTable(limits: settings.limits)))
    }

    // MARK: callers

    func known(_ name: HostName) -> ResolutionTable<Waiter>.Reply? {
        let now = clock()
        return state.withLockedValue { $0.table.known(name, now: now) }
    }

    func makeID() -> UInt64 {
        state.withLockedValue { state in
            state.lastID += 1
            return state.lastID
        }
    }

    func ask(_ name: HostName, id: UInt64, waiter: Waiter, deadline: NIODeadline) {
        let now = clock()
        let reply = state.withLockedValue { state in
            let reply = state.table.ask(name, id: id, waiter: waiter, deadline: deadline, now: now)
            if reply == .wait { wake(state) }
            return reply
        }
        Self.resume(waiter, reply)
    }

    func cancel(_ name: HostName, id: UInt64) {
        state.withLockedValue { $0.table.cancel(name, id: id) }?.resume(returning: .failure(.cancelled))
    }

    func shutDown() {
        let waiters = state.withLockedValue { state in
            let waiters = state.table.shutDown()
            wake(state)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: .failure(.shutDown)) }
    }

    /// Under the lock, so that the descriptor cannot have been closed and given to somebody else.
    private func wake(_ state: State) {
        if state.isDescriptorOpen { eventfd_write(wakeDescriptor, 1) }
    }

    private static func resume(_ waiter: Waiter, _ reply: ResolutionTable<Waiter>.Reply) {
        switch reply {
        case .answer(let addresses): waiter.resume(returning: .success(addresses))
        case .failure(let failure): waiter.resume(returning: .failure(failure))
        case .wait: break
        }
    }

    // MARK: the resolver's thread

    var isShutDown: Bool { state.withLockedValue { $0.table.isShutDown } }

    func takeQuestions() -> [HostName] { state.withLockedValue { $0.table.takeQuestions() } }

    func complete(_ name: HostName, _ result: Result<ResolvedAddresses, ResolutionFailure>) {
        let now = clock()
        let (reply, waiters) = state.withLockedValue { $0.table.complete(name, result, now: now) }
        for waiter in waiters { Self.resume(waiter, reply) }
    }

    /// Answers those whose patience or time is over.
    func answerDue() {
        let now = clock()
        for (reply, waiter) in state.withLockedValue({ $0.table.takeDue(now: now) }) { Self.resume(waiter, reply) }
    }

    func millisecondsUntilDue() -> Int64? {
        let now = clock()
        return state.withLockedValue { $0.table.nextDue(now: now) }.map { due in
            due == .distantFuture ? Int64.max : max(0, ((due - now).nanoseconds + 999_999) / 1_000_000)
        }
    }

    func drainWakeups() {
        var count: eventfd_t = 0
        unsafe eventfd_read(wakeDescriptor, &count)
    }

    func closeWakeDescriptor() {
        state.withLockedValue { state in
            state.isDescriptorOpen = false
            close(wakeDescriptor)
        }
    }
}
