/// Spares a peer that does not answer, and those who would wait for it: a value that takes outcomes and says who may
/// try.
///
///     closed ── failures in a row ──▶ open ── its time is over ──▶ half-open ── successes ──▶ closed
///                                      ▲                              │
///                                      └────────── a failure ─────────┘
///
/// Times are nanoseconds of any clock that does not go backwards. An outcome counts only in the period in which its
/// call was admitted: what began before the breaker opened says nothing about the peer after.
package struct CircuitBreaker: Sendable, Equatable {
    package struct Rules: Sendable, Equatable {
        /// Failures in a row that open it.
        package var failureThreshold: Int
        /// Successes that close it when it is half-open.
        package var successThreshold: Int
        package var openDuration: Duration
        /// Calls that may be under way at one time when it is half-open.
        package var halfOpenMax: Int

        /// Numbers below 1 count as 1.
        package init(failureThreshold: Int, successThreshold: Int, openDuration: Duration, halfOpenMax: Int) {
            self.failureThreshold = max(1, failureThreshold)
            self.successThreshold = max(1, successThreshold)
            self.openDuration = openDuration
            self.halfOpenMax = max(1, halfOpenMax)
        }
    }

    package enum State: Sendable, Equatable { case closed, open, halfOpen }

    /// The right to one call; its outcome must be told with `ended`.
    package struct Admission: Sendable, Equatable {
        fileprivate let period: UInt64
    }

    package enum Outcome: Sendable, Equatable {
        case success
        case failure
        /// The call ended for reasons of ours and says nothing about the peer.
        case unknown
    }

    private let rules: Rules
    private let openNanoseconds: Int64
    package private(set) var state = State.closed
    /// Counts changes of state.
    private var period: UInt64 = 0
    private var failures = 0
    private var successes = 0
    private var underWay = 0
    private var opensUntil: Int64 = 0

    package init(_ rules: Rules) {
        self.rules = rules
        let parts = rules.openDuration.components
        let (whole, isOver) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let sum = whole.addingReportingOverflow(parts.attoseconds / 1_000_000_000)
        openNanoseconds = isOver || sum.overflow ? .max : max(0, sum.partialValue)
    }

    /// The right to call the peer now; nil when it is to be left alone.
    package mutating func admit(now: Int64) -> Admission? {
        switch state {
        case .closed: return Admission(period: period)
        case .open:
            guard now >= opensUntil else { return nil }
            enter(.halfOpen)
            underWay = 1
            return Admission(period: period)
        case .halfOpen:
            guard underWay < rules.halfOpenMax else { return nil }
            underWay += 1
            return Admission(period: period)
        }
    }

    package mutating func ended(_ admission: Admission, _ outcome: Outcome, now: Int64) {
        guard admission.period == period else { return }
        switch (state, outcome) {
        case (.closed, .success): failures = 0
        case (.closed, .failure):
            failures += 1
            if failures >= rules.failureThreshold { open(now) }
        case (.halfOpen, .success):
            underWay -= 1
            successes += 1
            if successes >= rules.successThreshold { enter(.closed) }
        case (.halfOpen, .failure): open(now)
        case (.halfOpen, .unknown): underWay -= 1
        case (.closed, .unknown), (.open, _): break
        }
    }

    /// How long nobody may try, for a Retry-After; zero when somebody may.
    package func wait(now: Int64) -> Duration {
        state == .open ? .nanoseconds(max(0, opensUntil - now)) : .zero
    }

    private mutating func open(_ now: Int64) {
        enter(.open)
        let (end, isOver) = now.addingReportingOverflow(openNanoseconds)
        opensUntil = isOver ? .max : end
    }

    private mutating func enter(_ new: State) {
        state = new
        period &+= 1
        (failures, successes, underWay) = (0, 0, 0)
    }
}
