import NIOCore

/// Which names are known, which are being asked for, and who waits: the resolver's rules as a value.
///
///                      ask                    first waiter                 takeQuestions
///     known and fresh ─────▶ answer    else ─────────────▶ question queued ─────────────▶ asked
///                                                                                           │ complete
///     known and fresh ◀──────────────────────── success ────────────────────────────────────┤
///     not known, remembered for `failureTTL` ◀─ the name does not exist ────────────────────┤
///     old answer kept until `staleFor` has passed ◀─ any other failure ─────────────────────┘
///
/// One question for each name at a time. An answer past its TTL is asked for again; when that fails, or takes longer
/// than `stalePatience`, the old one serves for a bounded while (RFC 8767). That a name no longer exists is an answer,
/// no failure.
struct ResolutionTable<Waiter: Sendable>: Sendable {
    /// What to do for someone who asks.
    enum Reply: Equatable {
        case answer([IPAddress])
        case failure(ResolutionFailure)
        /// The waiter is kept and will come out of `complete`, `takeDue`, `cancel` or `shutDown`.
        case wait
    }

    private struct Entry {
        var addresses: [IPAddress] = []
        var freshUntil = NIODeadline.uptimeNanoseconds(0)
        var staleUntil = NIODeadline.uptimeNanoseconds(0)
        var failure: ResolutionFailure?
        var failureUntil = NIODeadline.uptimeNanoseconds(0)
        var lastUse: UInt64 = 0

        func isFresh(_ now: NIODeadline) -> Bool { !addresses.isEmpty && now < freshUntil }
        func isUsable(_ now: NIODeadline) -> Bool { !addresses.isEmpty && now < staleUntil }
    }

    private struct Waiting {
        var waiter: Waiter
        var deadline: NIODeadline
    }

    private struct Question {
        var waiting: [UInt64: Waiting] = [:]
        /// From when on a stale answer serves.
        var patienceEnds: NIODeadline
        var isAsked = false
    }

    private let limits: ResolutionLimits
    private var entries: [HostName: Entry] = [:]
    private var questions: [HostName: Question] = [:]
    private var queue: [HostName] = []
    private var askedCount = 0
    private var waiterCount = 0
    private var uses: UInt64 = 0
    private(set) var isShutDown = false

    init(limits: ResolutionLimits) { self.limits = limits }

    var knownNames: Int { entries.count }
    var openQuestions: Int { questions.count }

    /// What is known without asking: a fresh answer, or an old one while asking again has just failed.
    mutating func known(_ name: HostName, now: NIODeadline) -> Reply? {
        guard let entry = entries[name] else { return nil }
        uses += 1
        entries[name]?.lastUse = uses
        if entry.isFresh(now) { return .answer(entry.addresses) }
        guard let failure = entry.failure, now < entry.failureUntil else { return nil }
        return entry.isUsable(now) ? .answer(entry.addresses) : .failure(failure)
    }

    /// Answers from what is known, or lets `waiter` wait until `deadline` at most. `id` is the waiter's own.
    mutating func ask(
        _ name: HostName, id: UInt64, waiter: Waiter, deadline: NIODeadline, now: NIODeadline
    ) -> Reply {
        guard !isShutDown else { return .failure(.shutDown) }
        if let reply = known(name, now: now) { return reply }
        let entry = entries[name]
        if let question = questions[name] {
            if question.patienceEnds <= now, let entry, entry.isUsable(now) { return .answer(entry.addresses) }
        } else {
            guard questions.count < limits.questions else { return overload(entry, now) }
            questions[name] = Question(patienceEnds: now + limits.stalePatience)
            queue.append(name)
        }
        guard waiterCount < limits.waiters else { return overload(entry, now) }
        waiterCount += 1
        questions[name]?.waiting[id] = Waiting(waiter: waiter, deadline: deadline)
        return .wait
    }

    private func overload(_ entry: Entry?, _ now: NIODeadline) -> Reply {
        if let entry, entry.isUsable(now) { return .answer(entry.addresses) }
        return .failure(.overloaded)
    }

    /// The names to ask for now, oldest first; each is then owed a `complete`, which may make room for others.
    mutating func takeQuestions() -> [HostName] {
        let names = Array(queue.prefix(max(0, limits.asked - askedCount)))
        queue.removeFirst(names.count)
        askedCount += names.count
        for name in names { questions[name]?.isAsked = true }
        return names
    }

    /// Takes a waiter out; nil when it has its answer already.
    mutating func cancel(_ name: HostName, id: UInt64) -> Waiter? {
        guard let waiting = questions[name]?.waiting.removeValue(forKey: id) else { return nil }
        waiterCount -= 1
        return waiting.waiter
    }

    /// Notes the end of a question; gives the reply, never `wait`, and all who waited for it.
    mutating func complete(
        _ name: HostName, _ result: Result<ResolvedAddresses, ResolutionFailure>, now: NIODeadline
    ) -> (reply: Reply, waiters: [Waiter]) {
        let question = questions.removeValue(forKey: name)
        let waiters = question?.waiting.values.map(\.waiter) ?? []
        waiterCount -= waiters.count
        if question?.isAsked == true { askedCount -= 1 }
        var entry = entries[name] ?? Entry()
        uses += 1
        entry.lastUse = uses
        let reply: Reply
        switch result {
        case .success(let resolved):
            let until = now + limits.lifetime(of: resolved)
            entry.addresses = resolved.addresses
            entry.freshUntil = until
            entry.staleUntil = until + limits.staleFor
            entry.failure = nil
            reply = .answer(resolved.addresses)
        case .failure(let failure):
            if failure == .notFound { entry.addresses = [] }
            entry.failure = failure
            entry.failureUntil = now + limits.failureTTL
            reply = entry.isUsable(now) ? .answer(entry.addresses) : .failure(failure)
        }
        store(entry, for: name)
        return (reply, waiters)
    }

    private mutating func store(_ entry: Entry, for name: HostName) {
        if entries[name] == nil, entries.count >= limits.entries,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries.removeValue(forKey: oldest.key)
        }
        entries[name] = entry
    }

    /// Takes out those who need not or cannot wait longer, with their replies.
    mutating func takeDue(now: NIODeadline) -> [(reply: Reply, waiter: Waiter)] {
        var due: [(reply: Reply, waiter: Waiter)] = []
        for (name, question) in questions {
            let entry = entries[name]
            let usable = entry?.isUsable(now) ?? false
            for (id, waiting) in question.waiting {
                let isStaleDue = usable && question.patienceEnds <= now
                guard isStaleDue || waiting.deadline <= now else { continue }
                questions[name]?.waiting.removeValue(forKey: id)
                due.append((usable ? .answer(entry?.addresses ?? []) : .failure(.timedOut), waiting.waiter))
            }
        }
        waiterCount -= due.count
        return due
    }

    /// When `takeDue` has something to do next; nil when nobody waits.
    func nextDue(now: NIODeadline) -> NIODeadline? {
        var earliest: NIODeadline?
        for (name, question) in questions where !question.waiting.isEmpty {
            let usable = entries[name]?.isUsable(now) ?? false
            for waiting in question.waiting.values {
                let due = usable ? min(waiting.deadline, question.patienceEnds) : waiting.deadline
                earliest = min(earliest ?? due, due)
            }
        }
        return earliest
    }

    /// Takes everyone out; from now on nobody may ask.
    mutating func shutDown() -> [Waiter] {
        isShutDown = true
        let waiters = questions.values.flatMap { $0.waiting.values.map(\.waiter) }
        questions.removeAll()
        queue.removeAll()
        waiterCount = 0
        askedCount = 0
        return waiters
    }
}

/// The addresses of one name and how long they hold.
struct ResolvedAddresses: Equatable, Sendable {
    enum Lifetime: Equatable, Sendable {
        /// The least TTL of the records that led here.
        case record(seconds: Int64)
        /// They stand in a file on this machine, or are fixed.
        case local
    }

    /// Never empty; in the order in which to try them.
    var addresses: [IPAddress]
    var lifetime: Lifetime
}

extension ResolutionLimits {
    func lifetime(of resolved: ResolvedAddresses) -> TimeAmount {
        switch resolved.lifetime {
        case .local: hostsTTL
        case .record(let seconds): min(max(.seconds(seconds), shortestTTL), longestTTL)
        }
    }
}
