import Resilience
import Testing

@Suite("Backoff")
struct BackoffTests {
    private let backoff = Backoff(first: .milliseconds(4), longest: .milliseconds(10))

    @Test(
        "The span doubles up to the longest, and the pause lies in its upper half",
        arguments: [(0, 4), (1, 4), (2, 8), (3, 10), (4, 10), (1_000_000, 10)])
    func spans(failures: Int, milliseconds: Int) {
        let span = Duration.milliseconds(milliseconds)
        #expect(backoff.pause(after: failures, random: 0) == span / 2)
        #expect(backoff.pause(after: failures, random: 1_023) == span)
        #expect((span / 2...span).contains(backoff.pause(after: failures, random: .max)))
        #expect(backoff.pause(after: failures, random: 300) != backoff.pause(after: failures, random: 301))
    }

    @Test("A pause of nothing stays nothing")
    func none() {
        #expect(Backoff(first: .zero, longest: .zero).pause(after: 9, random: 512) == .zero)
    }
}
