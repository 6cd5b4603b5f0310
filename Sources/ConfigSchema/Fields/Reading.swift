/// Reads one document into a root section: text → events → tree → values, with every problem that was found.
///
/// A caller may add what only it can check (a file that must be there) before it asks for the diagnostics.
package struct Reading<Root: SettingsSection>: Sendable {
    /// Holds defaults where `diagnostics` is not empty.
    package private(set) var value = Root()
    /// True when there is no document, only blanks and comments, or null.
    package private(set) var isEmpty = false
    private let source: SourceText
    private let tree: TreeBuilder
    /// False when the parse ended early: then the line's parts are not known.
    private let isWhole: Bool
    private var decoding: Decoding

    /// Nil when `bytes` are not UTF-8. `words` are those of keys that are foreign to the schema but may be shown.
    package init?(_ bytes: [UInt8], name: String, environment: [String: String], words: Set<String> = []) {
        guard let source = SourceText(name: name, bytes: bytes) else { return nil }
        let vocabulary = KeyVocabulary(SectionShape(of: Root.self), foreign: words)
        var decoding = Decoding(environment: environment, vocabulary: vocabulary)
        var tree = TreeBuilder()
        var isStopped = false
        let syntaxProblem = YAMLParser.parse(source) { event in
            let goesOn = tree.take(event)
            isStopped = !goesOn
            return goesOn
        }
        if let syntaxProblem {
            let last = Mark(line: max(0, source.lineCount - 1), column: 0)
            let mark = syntaxProblem.mark.line < source.lineCount ? syntaxProblem.mark : last
            let hint = Self.hasReference(source.line(mark.line)) ? "in `{…}` and `[…]`, put `${NAME}` in quotes" : nil
            decoding.report(Extent(start: mark, end: mark), "not valid YAML: \(syntaxProblem.message)", hint: hint)
        }
        for problem in tree.problems where syntaxProblem == nil {
            var message = problem.message
            if case .duplicateKey(let key, _) = problem.kind, vocabulary.shows(key) {
                message = "the key `\(key)` is given twice"
                decoding.disclose(key: problem.extent)
            }
            decoding.report(problem.extent, message, hint: problem.hint)
        }
        isWhole = syntaxProblem == nil && !isStopped
        if isWhole {
            if let root = tree.root, !root.isNull {
                _ = decoding.section(root, "", &value)
            } else {
                isEmpty = true
            }
        }
        self.source = source
        self.tree = tree
        self.decoding = decoding
    }

    /// In a flow collection the brace of `${` is YAML's own, which is the commonest mistake on such a line.
    private static func hasReference(_ line: [Unicode.Scalar]) -> Bool {
        zip(line, line.dropFirst()).contains { $0 == "$" && $1 == "{" }
    }

    /// Adds a problem at a path such as `buckets[0].s3.tls.ca_path`; `message` continues its name.
    package mutating func error(at path: String, _ message: String, hint: String? = nil) {
        decoding.reportFinding(at: path, message, hint: hint)
    }

    /// Every problem in the order of the text, at most `Diagnostic.limit` and one that counts the others.
    package func diagnostics() -> [Diagnostic] {
        let problems = decoding.problems.enumerated().sorted {
            ($0.element.extent.start, $0.offset) < ($1.element.extent.start, $1.offset)
        }
        let shown = problems.prefix(Diagnostic.limit).map(\.element)
        let tokens = tokens(onLines: Set(shown.map(\.extent.start.line)))
        var diagnostics = shown.map { diagnostic($0, tokens[$0.extent.start.line] ?? []) }
        let others = problems.count - diagnostics.count + decoding.droppedProblemCount
        if others > 0 { diagnostics.append(Diagnostic(file: source.name, countOfOthers: others)) }
        return diagnostics
    }

    /// The tokens that stand on each of a few lines, found in one pass.
    private func tokens(onLines lines: Set<Int>) -> [Int: [Extent]] {
        var found: [Int: [Extent]] = [:]
        for token in tree.tokens {
            if token.isOnOneLine {
                if lines.contains(token.start.line) { found[token.start.line, default: []].append(token) }
            } else {
                for line in lines where token.start.line <= line && line <= token.end.line {
                    found[line, default: []].append(token)
                }
            }
        }
        return found
    }

    private func diagnostic(_ problem: Decoding.PlacedProblem, _ tokens: [Extent]) -> Diagnostic {
        let line = source.line(problem.extent.start.line)
        let excerpt =
            isWhole
            ? Excerpt(problem.extent, of: line, tokens: tokens, disclosure: decoding.disclosure)
            : Excerpt(problem.extent, ofUnreadable: line, knownKeys: decoding.vocabulary.keys)
        return Diagnostic(
            file: source.name, at: problem.extent.start, problem.message, hint: problem.hint, excerpt: excerpt)
    }
}
