/// One problem of a configuration, with its place, the masked line and a hint; `description` is what an operator reads.
///
///     config.yaml:7:5: error: unknown key `path_prefx` in buckets[0]
///       7 |     path_prefx: /a
///         |     ^~~~~~~~~~ did you mean `path_prefix`?
package struct Diagnostic: Equatable, Sendable, CustomStringConvertible {
    package var file: String
    /// From 1; 0 when the diagnostic has no place.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int
    package var message: String
    package var hint: String?
    private var excerpt: Excerpt?

    /// A document can hold thousands of problems; nobody reads more than this at once.
    package static let limit = 100

    init(file: String, at mark: Mark, _ message: String, hint: String?, excerpt: Excerpt?) {
        self.file = file
        self.line = mark.line + 1
        self.column = mark.column + 1
        self.message = message
        self.hint = hint
        self.excerpt = excerpt
    }

    /// The last of a bounded list.
    init(file: String, countOfOthers: Int) {
        self.file = file
        line = 0
        column = 0
        message = "and \(countOfOthers) more"
    }

    package var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        var text = "\(place): error: \(message)"
        guard let excerpt, !excerpt.text.isEmpty else { return text + (hint.map { "\n  \($0)" } ?? "") }
        let gutter = String(repeating: " ", count: "\(line)".count)
        text += "\n  \(line) | \(excerpt.text)"
        let indent = String(repeating: " ", count: excerpt.underline.lowerBound)
        let tail = String(repeating: "~", count: excerpt.underline.count - 1)
        return text + "\n  \(gutter) | \(indent)^\(tail)" + (hint.map { " \($0)" } ?? "")
    }
}
