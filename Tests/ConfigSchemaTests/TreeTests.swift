import Testing

@testable import ConfigSchema

@Suite struct TreeTests {
    private func build(_ text: String) throws -> (tree: TreeBuilder, syntax: SyntaxProblem?) {
        let source = try #require(SourceText(name: "t", bytes: Array(text.utf8)))
        var tree = TreeBuilder()
        let problem = YAMLParser.parse(source) { tree.take($0) }
        return (tree, problem)
    }

    @Test("CFG-4: every key and value knows its place")
    func places() throws {
        let root = try #require(try build("a:\n  é: 'x'\nb: [1, two]\n").tree.root)
        guard case .mapping(let entries) = root.content, case .mapping(let inner) = entries[0].value.content,
            case .sequence(let items) = entries[1].value.content
        else {
            Issue.record("not the tree that was written")
            return
        }
        #expect(entries.map(\.key) == ["a", "b"])
        #expect(inner[0].keyExtent == Extent(start: Mark(line: 1, column: 2), end: Mark(line: 1, column: 3)))
        #expect(inner[0].value.extent == Extent(start: Mark(line: 1, column: 5), end: Mark(line: 1, column: 8)))
        #expect(items.map(\.extent.start) == [Mark(line: 2, column: 4), Mark(line: 2, column: 7)])
    }

    @Test(
        "CFG-4: what a configuration may not hold is found",
        arguments: [
            ("a: 1\na: 2", StructuralProblem.Kind.duplicateKey("a", firstLine: 0)),
            ("<<: {a: 1}", .mergeKey),
            ("? [a]\n: b", .complexKey),
            ("? {a: b}\n: b", .complexKey),
            ("a: !!binary aGk=", .tag),
            ("!x a: b", .tag),
            ("a: !!str b", .tag),
            ("a: ! b", .tag),
            ("!!map {a: b}", .tag),
            ("a\n---\nb", .secondDocument),
            ("a: *b", .unknownAlias),
            ("a: &a [*a]", .unknownAlias),
            ("a: &a {b: *a}", .unknownAlias),
        ])
    func refused(_ text: String, _ kind: StructuralProblem.Kind) throws {
        let (tree, syntax) = try build(text)
        #expect(syntax == nil)
        #expect(tree.problems.map(\.kind) == [kind])
    }

    @Test("CFG-3: aliases share what they name; a quoted `<<` is a key")
    func aliases() throws {
        let tree = try build("a: &x [1, 2]\nb: *x\n\"<<\": c").tree
        #expect(tree.problems.isEmpty)
        guard case .mapping(let entries) = tree.root?.content else {
            Issue.record("no mapping")
            return
        }
        #expect(entries[0].value === entries[1].value)
        #expect(tree.root?.weight == 11)
        #expect(tree.root?.height == 2)
    }

    @Test("CFG-3: aliases cannot multiply: a billion laughs are refused, at once")
    func bomb() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<40 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        let (tree, _) = try build(text)
        #expect(tree.problems.contains { $0.kind == .aliasesTooLarge })
        #expect((tree.root?.weight ?? .max) <= 2 * TreeBuilder.nodeLimit)
    }

    @Test("CFG-3: aliases cannot nest deeper than the text may")
    func deepAliases() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1..<100 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let (tree, _) = try build(text)
        #expect(tree.problems.contains { $0.kind == .aliasesTooLarge })
        #expect((tree.root?.height ?? .max) <= TreeBuilder.depthLimit)
    }

    @Test("CFG-4: depth is bounded", arguments: ["[", "{a: ", "- ", "? ", "? - "])
    func depth(_ opening: String) throws {
        let (tree, syntax) = try build(String(repeating: opening, count: 100_000))
        #expect(syntax != nil || tree.problems.contains { $0.kind == .tooDeep })
    }

    @Test("CFG-4: the number of values is bounded")
    func width() throws {
        let (tree, _) = try build("[" + String(repeating: "1,", count: 400_000) + "]")
        #expect(tree.problems.map(\.kind) == [.tooManyNodes])
    }

    @Test(
        "CFG-4: malformed text has a place",
        arguments: [
            ("a: [b", 1, 0), ("a: \"b", 0, 5), ("a: b: c", 0, 4), ("a:\n\t- b", 1, 0), ("é\u{1}", 0, 1), ("a: %", 0, 3),
            ("\u{FFFE}", 0, 0), ("a: *", 0, 4),
        ])
    func malformed(_ text: String, _ line: Int, _ column: Int) throws {
        let problem = try #require(try build(text).syntax)
        #expect(problem.mark == Mark(line: line, column: column), "\(problem)")
    }

    @Test(
        "CFG-1: only UTF-8 is a text", arguments: [[0xFF], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xFE, 0xFF, 0, 0x61]])
    func encoding(_ bytes: [UInt8]) {
        #expect(SourceText(name: "t", bytes: bytes) == nil)
    }
}
