import Testing

@testable import Proxy

@Suite struct RouteTableTests {
    private func match(_ prefixes: [String], _ path: String) -> RouteTable.Match? {
        RouteTable(prefixes: prefixes).match(Array(path.utf8).span)
    }

    struct Row: Sendable {
        var prefixes: [String]
        var path: String
        var bucket: Int?
        var length = 0
    }

    static let rows: [Row] = [
        Row(prefixes: ["/assets"], path: "/assets/a", bucket: 0, length: 7),
        Row(prefixes: ["/assets"], path: "/assets", bucket: 0, length: 7),
        Row(prefixes: ["/assets"], path: "/assets/", bucket: 0, length: 7),
        Row(prefixes: ["/assets"], path: "/assets//a", bucket: 0, length: 7),
        Row(prefixes: ["/assets"], path: "/assetsfoo", bucket: nil),
        Row(prefixes: ["/assets"], path: "/asset", bucket: nil),
        Row(prefixes: ["/assets"], path: "/Assets/a", bucket: nil),
        Row(prefixes: ["/assets"], path: "//assets/a", bucket: nil),
        Row(prefixes: ["/assets"], path: "/", bucket: nil),
        Row(prefixes: ["/assets/"], path: "/assets", bucket: 0, length: 7),
        Row(prefixes: ["/assets/"], path: "/assets/a", bucket: 0, length: 7),
        Row(prefixes: ["/"], path: "/", bucket: 0),
        Row(prefixes: ["/"], path: "/any/thing", bucket: 0),
        Row(prefixes: ["/", "/a", "/a/b", "/a/b/c"], path: "/a/b/cc", bucket: 2, length: 4),
        Row(prefixes: ["/a/b/c", "/a/b", "/a", "/"], path: "/a/b/c/d", bucket: 0, length: 6),
        Row(prefixes: ["/", "/a", "/a/b"], path: "/ab", bucket: 0),
        Row(prefixes: ["/a", "/a/b/c"], path: "/a/b/x", bucket: 0, length: 2),
        Row(prefixes: ["/a/b"], path: "/a", bucket: nil),
        Row(prefixes: ["/\u{e4}"], path: "/\u{e4}/k", bucket: 0, length: 3),
        Row(prefixes: ["/a b+c"], path: "/a b+c/k", bucket: 0, length: 6),
        Row(prefixes: [], path: "/a", bucket: nil),
    ]

    @Test("RTE-1: the longest prefix wins, on segment boundaries", arguments: rows)
    func table(_ row: Row) {
        let expected = row.bucket.map { RouteTable.Match(bucket: $0, prefixLength: row.length) }
        #expect(match(row.prefixes, row.path) == expected)
    }

    @Test("RTE-1: a thousand buckets, each found by its own prefix")
    func thousand() {
        let prefixes = (0..<1_000).map { "/team-\($0 % 37)/bucket-\($0)" }
        let table = RouteTable(prefixes: prefixes)
        for (index, prefix) in prefixes.enumerated() {
            let expected = RouteTable.Match(bucket: index, prefixLength: prefix.utf8.count)
            #expect(table.match(Array("\(prefix)/deep/key".utf8).span) == expected)
            #expect(table.match(Array("\(prefix)x/key".utf8).span)?.bucket != index)
        }
    }

    @Test("RTE-1: the table agrees with trying every prefix, over random tables", arguments: 0..<60)
    func bruteForce(seed: UInt64) {
        var random = SeededGenerator(state: seed &* 977 &+ 3)
        var prefixes: Set<String> = []
        for _ in 0..<Int.random(in: 1...(seed < 40 ? 12 : 400), using: &random) { prefixes.insert(path(&random, 3)) }
        let list = Array(prefixes).sorted()
        let table = RouteTable(prefixes: list.map { $0 + (random.next() % 2 == 0 ? "/" : "") })
        for _ in 0..<400 {
            let path = path(&random, 6) + (random.next() % 4 == 0 ? "/" : "")
            let text = path.isEmpty ? "/" : path
            #expect(table.match(Array(text.utf8).span) == naive(list, text), "\(list) \(text)")
        }
    }

    /// Segments of few letters, so that prefixes nest and nearly match; empty for the root.
    private func path(_ random: inout SeededGenerator, _ most: Int) -> String {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in
            "/" + ["a", "b", "aa", "ab", "ba", "", "a.b"][Int.random(in: 0..<7, using: &random)]
        }.joined().droppingSlashes
    }

    private func naive(_ prefixes: [String], _ path: String) -> RouteTable.Match? {
        var best: RouteTable.Match?
        for (index, prefix) in prefixes.enumerated() {
            guard path == prefix || path.hasPrefix(prefix + "/") else { continue }
            if prefix.utf8.count >= best?.prefixLength ?? 0 {
                best = .init(bucket: index, prefixLength: prefix.utf8.count)
            }
        }
        return best
    }
}

extension String {
    /// Prefixes come to the table without slashes at their end.
    fileprivate var droppingSlashes: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
