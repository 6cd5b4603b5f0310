import CLinux
import Dispatch
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// An event loop of NIO's kind over epoll, as lean as a proxy's data plane wants it: one thread that waits for sockets,
/// timers and tasks.
///
/// A turn is: wait, serve the sockets that are ready, look again while there are many, run the timers that are due, run
/// the tasks that were queued.
/// NIO's own loop does the same with three times the instructions for each read and write, which was more than all
/// other work of a small request. Everything here but `execute`, `inEventLoop` and what is built on them belongs to the
/// loop's thread: that is why it is Sendable.
@safe package final class Reactor: EventLoop, @unchecked Sendable {
    /// What other threads ask for.
    private struct Inbox {
        var tasks: [() -> Void] = []
        var isClosed = false
    }

    private static let eventsPerTurn = 256
    /// A look that finds as many sockets ready is followed by another in the same turn, for a few times: what became
    /// ready meanwhile is served before the turn's writes leave, which then wake their readers less often.
    private static let busyFrom = 2
    private static let looksPerTurn = 6
    /// Rounds of tasks that tasks queue, before sockets have their turn again.
    private static let roundsPerTurn = 8

    private let poller: Int32
    private let bell: Int32
    private let inbox = NIOLockedValueBox(Inbox())
    /// Set by the thread itself before anybody else sees this loop; 0 when it has ended, for its successors may get the
    /// same handle.
    private let thread = Atomic<pthread_t>(0)

    private var sources: [PollSource?] = []
    private var nextSerial: UInt32 = 1
    /// Who has more to do than one event allowed.
    private var unfinished: [PollSource] = []
    private var resumed: [PollSource] = []
    private var timers = TimerHeap()
    private var tasks: [() -> Void] = []
    private var running: [() -> Void] = []
    private var isStopping = false
    let clock = EventClock()
    let landing = Landing(size: StreamChannel.bulkSize)

    /// Starts the thread. Fails with the errno of what the system refused.
    package init(name: String) throws(ReactorFailure) {
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { throw ReactorFailure(errno: errno) }
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0 else {
            let code = errno
            Glibc.close(poller)
            throw ReactorFailure(errno: code)
        }
        do throws(ReactorFailure) { try watchBell() } catch {
            closeDescriptors()
            throw error
        }
        let isStarted = ConditionLock(value: false)
        let isRunning = ReactorThread.start(name) { [self] in
            isStarted.lock()
            thread.store(pthread_self(), ordering: .relaxed)
            isStarted.unlock(withValue: true)
            run()
        }
        guard isRunning else {
            closeDescriptors()
            throw ReactorFailure(errno: EAGAIN)
        }
        isStarted.lock(whenValue: true)
        isStarted.unlock()
    }

    package var inEventLoop: Bool { pthread_self() == thread.load(ordering: .relaxed) }

    package func execute(_ task: @escaping @Sendable () -> Void) { _ = enqueue(task) }

    package func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        let promise = makePromise(of: T.self)
        let isTaken = enqueue {
            do { promise.assumeIsolated().succeed(try task()) } catch { promise.fail(error) }
        }
        if !isTaken { promise.fail(EventLoopError.shutdown) }
        return promise.futureResult
    }

    /// False when the loop has ended.
    private func enqueue(_ task: @escaping @Sendable () -> Void) -> Bool {
        if inEventLoop {
            tasks.append(task)
            return true
        }
        // The bell is open as long as the inbox is, so it is rung before anybody may close either.
        return inbox.withLockedValue { inbox in
            guard !inbox.isClosed else { return false }
            inbox.tasks.append(task)
            if inbox.tasks.count == 1 { ring() }
            return true
        }
    }

    package func _executeIsolatedUnsafeUnchecked(_ task: @escaping () -> Void) { tasks.append(task) }

    @discardableResult
    package func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        let timer = ReactorTimer(deadline) { isDue in
            guard isDue else { return promise.fail(EventLoopError.shutdown) }
            do { promise.assumeIsolated().succeed(try task()) } catch { promise.fail(error) }
        }
        if !onLoop({ [self] in timers.insert(timer) }) { timer.end(isDue: false) }
        return Scheduled(promise: promise) { [self] in
            _ = onLoop { [self] in
                timers.remove(timer)
                timer.drop()
            }
        }
    }

    @discardableResult
    package func scheduleTask<T>(in time: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: .now() + time, task)
    }

    /// False when the loop has ended.
    private func onLoop(_ task: @escaping @Sendable () -> Void) -> Bool {
        guard inEventLoop else { return enqueue(task) }
        task()
        return true
    }

    /// Closes all sockets and ends the thread; tasks that come later are dropped.
    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        let isOpen = enqueue { [self] in
            isStopping = true
            for source in sources { source?.loopEnds() }
            endTimers()
            tasks.append { queue.async { callback(nil) } }
        }
        if !isOpen { queue.async { callback(nil) } }
    }

    // MARK: sockets

    /// Watches a descriptor until `forget`; `source.interest` says for what.
    func watch(_ source: PollSource) throws(ReactorFailure) {
        let index = Int(source.descriptor)
        while sources.count <= index { sources.append(nil) }
        source.serial = nextSerial
        nextSerial = nextSerial == .max ? 1 : nextSerial + 1
        var event = unsafe Self.event(source)
        guard unsafe epoll_ctl(poller, EPOLL_CTL_ADD, source.descriptor, &event) == 0 else {
            throw ReactorFailure(errno: errno)
        }
        sources[index] = source
    }

    /// `source.interest` has changed.
    func update(_ source: PollSource) {
        var event = unsafe Self.event(source)
        unsafe _ = epoll_ctl(poller, EPOLL_CTL_MOD, source.descriptor, &event)
    }

    /// `source.goesOn` is called with the next events: for what the system has told of and will not tell again.
    func serveAgain(_ source: PollSource) { unfinished.append(source) }

    func forget(_ source: PollSource) {
        let index = Int(source.descriptor)
        guard index < sources.count, sources[index] === source else { return }
        var event = unsafe Self.event(source)
        unsafe _ = epoll_ctl(poller, EPOLL_CTL_DEL, source.descriptor, &event)
        sources[index] = nil
    }

    /// The serial tells an event of a closed descriptor from one of its successor with the same number.
    private static func event(_ source: PollSource) -> epoll_event {
        let key = UInt64(source.serial) << 32 | UInt64(UInt32(bitPattern: source.descriptor))
        return unsafe epoll_event(events: source.interest, data: epoll_data_t(u64: key))
    }

    // MARK: the thread

    private func watchBell() throws(ReactorFailure) {
        var event = unsafe epoll_event(
            events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(UInt32(bitPattern: bell))))
        guard unsafe epoll_ctl(poller, EPOLL_CTL_ADD, bell, &event) == 0 else { throw ReactorFailure(errno: errno) }
    }

    private func ring() {
        var one: UInt64 = 1
        unsafe _ = write(bell, &one, 8)
    }

    private func answerBell() {
        var count: UInt64 = 0
        unsafe _ = read(bell, &count, 8)
        let arrived = inbox.withLockedValue { inbox in
            let arrived = inbox.tasks
            inbox.tasks = []
            return arrived
        }
        tasks += arrived
    }

    private func run() {
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventsPerTurn)
        defer { unsafe events.deallocate() }
        while !isStopping || !tasks.isEmpty {
            var served = unsafe serveReady(events, waiting: patience())
            for _ in 1..<Self.looksPerTurn where served >= Self.busyFrom {
                served = unsafe serveReady(events, waiting: 0)
            }
            if let next = timers.next, next <= .now() { runTimers() }
            for _ in 0..<Self.roundsPerTurn where !tasks.isEmpty { runTasks() }
        }
        end()
    }

    /// Waits for sockets that are ready and serves them; answers how many there were.
    private func serveReady(_ events: UnsafeMutablePointer<epoll_event>, waiting patience: Int32) -> Int {
        swap(&unfinished, &resumed)
        let count = unsafe Int(epoll_wait(poller, events, Int32(Self.eventsPerTurn), patience))
        for index in 0..<max(0, count) {
            let event = unsafe events[index]
            unsafe serve(event.data.u64, event.events)
        }
        guard !resumed.isEmpty else { return count }
        for source in resumed {
            clock.forget()
            source.goesOn()
        }
        defer { resumed.removeAll(keepingCapacity: true) }
        return max(0, count) + resumed.count
    }

    /// Milliseconds that the next wait may take; -1 without end.
    private func patience() -> Int32 {
        guard tasks.isEmpty, unfinished.isEmpty, !isStopping else { return 0 }
        guard let next = timers.next else { return -1 }
        let left = (next - .now()).nanoseconds
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }

    private func serve(_ key: UInt64, _ events: UInt32) {
        let serial = UInt32(truncatingIfNeeded: key >> 32)
        let index = Int(UInt32(truncatingIfNeeded: key))
        guard serial != 0 else { return answerBell() }
        clock.forget()
        guard index < sources.count, let source = sources[index], source.serial == serial else { return }
        source.ready(events)
    }

    private func runTimers() {
        let now = NIODeadline.now()
        while let next = timers.next, next <= now, let timer = timers.popFirst() {
            clock.forget()
            timer.end(isDue: true)
        }
    }

    private func runTasks() {
        swap(&tasks, &running)
        for task in running {
            clock.forget()
            task()
        }
        running.removeAll(keepingCapacity: true)
    }

    /// Those that are set meanwhile stay.
    private func endTimers() {
        var ended = exchange(&timers, with: TimerHeap())
        ended.removeAll()
    }

    private func end() {
        let late = inbox.withLockedValue { inbox in
            inbox.isClosed = true
            let late = inbox.tasks
            inbox.tasks = []
            return late
        }
        tasks += late
        for _ in 0..<Self.roundsPerTurn where !tasks.isEmpty || timers.next != nil {
            endTimers()
            runTasks()
        }
        thread.store(0, ordering: .relaxed)
        closeDescriptors()
    }

    private func closeDescriptors() {
        Glibc.close(bell)
        Glibc.close(poller)
    }
}

/// The system refused what a loop or a socket needs.
package struct ReactorFailure: Error, Equatable, Sendable {
    package let errno: Int32
}

/// One descriptor that a reactor watches. Bound to its loop.
package class PollSource {
    final let descriptor: Int32
    /// Which events are waited for; errors and hang-ups always are.
    final var interest: UInt32
    /// Given by the reactor, never 0 while watched.
    final var serial: UInt32 = 0

    init(descriptor: Int32, interest: UInt32) {
        self.descriptor = descriptor
        self.interest = interest
    }

    /// The descriptor is ready for what `events` says.
    func ready(_ events: UInt32) {}

    /// Goes on with what an earlier event began.
    func goesOn() {}

    /// The loop ends: the descriptor is to be closed.
    func loopEnds() {}
}
