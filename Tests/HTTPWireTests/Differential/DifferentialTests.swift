import Testing

/// Our parser and NIOHTTP1's judge the same messages; every difference has a row in `Explanation.table`.
@Suite struct DifferentialTests {
    static let messagesPerSeed = 10_200

    /// How often each row explains a difference, so that none is dead.
    private struct Tally {
        var accepted = 0
        var refused = 0
        var explained = [Int](repeating: 0, count: Explanation.table.count)
    }

    @Test("HTTP-6: every difference from NIOHTTP1 over 102,000 mutated messages is explained")
    func differences() async {
        var total = Tally()
        await withTaskGroup(of: Tally.self) { group in
            for seed in 1...10 as ClosedRange<UInt64> { group.addTask { Self.compare(seed: seed) } }
            for await tally in group {
                total.accepted += tally.accepted
                total.refused += tally.refused
                for row in total.explained.indices { total.explained[row] += tally.explained[row] }
            }
        }
        // the corpus is worth something: both verdicts are frequent, and no row is idle
        #expect(total.accepted > 15_000 && total.refused > 15_000)
        for (row, explanation) in Explanation.table.enumerated() {
            #expect(total.explained[row] > 0, "never needed: \(explanation.reason)")
        }
    }

    private static func compare(seed: UInt64) -> Tally {
        var generator = MessageGenerator(seed: seed)
        var tally = Tally()
        for _ in 0..<messagesPerSeed {
            let bytes = generator.next()
            let ours = Verdict.ours(bytes)
            let theirs = Verdict.theirs(bytes)
            if ours == theirs {
                if case .complete = ours { tally.accepted += 1 }
                continue
            }
            if case .refused = ours, case .refused = theirs {
                tally.refused += 1
                continue
            }
            let comparison = Explanation.Comparison(ours: ours, theirs: theirs, evidence: Evidence(bytes))
            if let row = Explanation.table.firstIndex(where: { $0.applies(comparison) }) {
                tally.explained[row] += 1
            } else {
                Issue.record("\(String(decoding: bytes, as: UTF8.self).debugDescription): \(ours), NIOHTTP1 \(theirs)")
            }
        }
        return tally
    }

    @Test("HTTP-6: the same seed gives the same messages, another one others")
    func reproducible() {
        var one = MessageGenerator(seed: 1)
        var again = MessageGenerator(seed: 1)
        var other = MessageGenerator(seed: 2)
        let messages = (0..<100).map { _ in one.next() }
        #expect(messages == (0..<100).map { _ in again.next() })
        #expect(Set(messages).intersection((0..<100).map { _ in other.next() }).count < 10)
    }
}
