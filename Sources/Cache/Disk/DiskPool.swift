import Exchange
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network

/// Threads on which everything happens that may wait for a disk, so that no loop ever does.
///
/// Jobs that somebody waits for go first; the others never take the last thread. A job wakes at most one thread, and a
/// thread that finds more work wakes the next: a burst of jobs costs its loop one system call. Answers go straight to
/// the waiting task's executor, whose loop is woken once for all that arrive before it looks.
///
/// Sendable, for the semaphore may be used from any thread and stays in its place, and all else is locked or constant.
@safe package final class DiskPool: @unchecked Sendable {
    package typealias Job = @Sendable () -> Void

    /// Jobs in order of arrival.
    private struct Line {
        private var jobs: [Job] = []
        private var next = 0

        var count: Int { jobs.count - next }

        mutating func put(_ job: @escaping Job) { jobs.append(job) }

        mutating func take() -> Job? {
            guard next < jobs.count else { return nil }
            let job = jobs[next]
            next += 1
            // The jobs that were taken leave when they are half of all, so that each moves once at most.
            if next * 2 >= jobs.count {
                jobs.removeFirst(next)
                next = 0
            }
            return job
        }
    }

    private struct State {
        var urgent = Line()
        var patient = Line()
        /// Threads that wait for the bell.
        var sleeping = 0
        /// One thread was rung for and has not looked yet.
        var isWaking = false
        /// Threads at work on patient jobs.
        var patientAtWork = 0
        var threads = 0
        var isStopping = false
    }

    private let state = NIOLockedValueBox(State())
    private let queueLimit: Int
    private let patientThreads: Int
    /// Rung for threads that sleep.
    private let bell: UnsafeMutablePointer<sem_t>

    /// `queueLimit` bounds the urgent jobs that wait. Nil when the system has no thread to give.
    package init?(threads: Int, queueLimit: Int) {
        self.queueLimit = queueLimit
        patientThreads = max(1, threads - 1)
        unsafe bell = .allocate(capacity: 1)
        unsafe sem_init(bell, 0, 0)
        for index in 0..<max(1, threads) {
            state.withLockedValue { $0.threads += 1 }
            guard !ReactorThread.start("disk-\(index)", { [self] in run() }) else { continue }
            state.withLockedValue { $0.threads -= 1 }
            if index == 0 { return nil }
        }
    }

    deinit {
        unsafe sem_destroy(bell)
        unsafe bell.deallocate()
    }

    /// Has `work` done by a thread and resumes with its result; nil when too much waits already or the pool ends.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        await Suspension<Value?>.wait { waiter in
            if !put({ waiter.resume(work()) }) { waiter.resume(nil) }
        }
    }

    /// Queues what somebody waits for; false when too much waits already or the pool ends.
    package func put(_ job: @escaping Job) -> Bool {
        submit { state in
            guard state.urgent.count < queueLimit else { return false }
            state.urgent.put(job)
            return true
        }
    }

    /// Queues work that is owed whatever waits already: its callers are bounded by something else. False when the pool
    /// ends; the job is not done then.
    @discardableResult
    package func owe(_ job: @escaping Job) -> Bool {
        submit { state in
            state.patient.put(job)
            return true
        }
    }

    /// What waits to be done is done; then the threads end.
    package func stop() {
        let sleeping = state.withLockedValue { state in
            state.isStopping = true
            defer { state.sleeping = 0 }
            return state.sleeping
        }
        for _ in 0..<sleeping { ring() }
    }

    /// Jobs that wait.
    package var queued: (urgent: Int, patient: Int) {
        state.withLockedValue { ($0.urgent.count, $0.patient.count) }
    }

    /// Whether all threads have ended.
    package var isStopped: Bool { state.withLockedValue { $0.threads == 0 } }

    private func submit(_ put: (inout State) -> Bool) -> Bool {
        let (isTaken, wakes) = state.withLockedValue { state in
            guard !state.isStopping, put(&state) else { return (false, false) }
            return (true, wakeOne(&state))
        }
        if wakes { ring() }
        return isTaken
    }

    /// Notes that a thread is rung for, if there is one that sleeps and none is on its way.
    private func wakeOne(_ state: inout State) -> Bool {
        guard state.sleeping > 0, !state.isWaking, hasWork(state) else { return false }
        state.sleeping -= 1
        state.isWaking = true
        return true
    }

    private func hasWork(_ state: borrowing State) -> Bool {
        state.urgent.count > 0 || (state.patient.count > 0 && state.patientAtWork < patientThreads)
    }

    private func ring() { unsafe _ = sem_post(bell) }

    // MARK: the threads

    private enum Turn {
        case urgent(Job)
        case patient(Job)
        case sleep
        case end
    }

    private func run() {
        var isWoken = false
        var wasPatient = false
        while true {
            let (turn, wakes) = state.withLockedValue { state in
                if isWoken { state.isWaking = false }
                if wasPatient { state.patientAtWork -= 1 }
                let turn = next(&state)
                return (turn, wakeOne(&state))
            }
            if wakes { ring() }
            isWoken = false
            wasPatient = false
            switch turn {
            case .urgent(let job): job()
            case .patient(let job):
                job()
                wasPatient = true
            case .sleep:
                while unsafe sem_wait(bell) != 0, errno == EINTR {}
                isWoken = true
            case .end: return
            }
        }
    }

    private func next(_ state: inout State) -> Turn {
        if let job = state.urgent.take() { return .urgent(job) }
        if state.patientAtWork < patientThreads, let job = state.patient.take() {
            state.patientAtWork += 1
            return .patient(job)
        }
        guard !state.isStopping else {
            state.threads -= 1
            return .end
        }
        state.sleeping += 1
        return .sleep
    }
}
