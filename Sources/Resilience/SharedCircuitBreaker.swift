import NIOConcurrencyHelpers

/// One circuit breaker for all event loops.
package final class SharedCircuitBreaker: Sendable {
    private let breaker: NIOLockedValueBox<CircuitBreaker>
    private let onChange: @Sendable (CircuitBreaker.State) -> Void

    /// `onChange` is told each new state, by the thread that caused it.
    package init(
        _ rules: CircuitBreaker.Rules, onChange: @escaping @Sendable (CircuitBreaker.State) -> Void = { _ in }
    ) {
        breaker = NIOLockedValueBox(CircuitBreaker(rules))
        self.onChange = onChange
    }

    package var state: CircuitBreaker.State { breaker.withLockedValue { $0.state } }

    /// How long nobody may try; zero when somebody may.
    package func wait(now: Int64) -> Duration { breaker.withLockedValue { $0.wait(now: now) } }

    package func admit(now: Int64) -> CircuitBreaker.Admission? { change { $0.admit(now: now) } }

    package func ended(_ admission: CircuitBreaker.Admission, _ outcome: CircuitBreaker.Outcome, now: Int64) {
        change { $0.ended(admission, outcome, now: now) }
    }

    private func change<Value>(_ body: (inout CircuitBreaker) -> Value) -> Value {
        let (value, new) = breaker.withLockedValue { breaker in
            let old = breaker.state
            let value = body(&breaker)
            return (value, old == breaker.state ? nil : breaker.state)
        }
        if let new { onChange(new) }
        return value
    }
}
