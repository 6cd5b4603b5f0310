extension Decoding {
    /// Reads a scalar; reports what is wrong with it.
    mutating func value<Value>(_ node: Node, _ path: String, _ codec: Codec<Value>) -> Decoded<Value> {
        guard case .scalar(let source, let style) = node.content else {
            report(node.headExtent, "`\(path)` must be \(codec.shape.expectation), not \(node.kindName)")
            return .refused
        }
        disclose(node, source, isSecret: codec.shape.isSecret)
        if node.isNull { return .absent }
        // Aliases can name one long scalar ten thousand times: nobody reads what further looks would find.
        guard room > 0 else { return .refused }
        let substitution = Substitution(source, environment: environment)
        guard substitution.problems.isEmpty else {
            report(substitution.problems, in: node, source, path)
            return .refused
        }
        if substitution.isSubstituted, substitution.text.isEmpty { return .absent }
        let input = ScalarInput(text: substitution.text, style: style, isSubstituted: substitution.isSubstituted)
        do throws(ValueProblem) {
            return .value(try codec.parse(input))
        } catch {
            report(node.extent, "`\(path)` \(error.message)", hint: error.hint)
            return .refused
        }
    }

    /// A scalar can hold a problem for every few bytes: those beyond the limit are counted and not looked at.
    private mutating func report(
        _ problems: [Substitution.PlacedProblem], in node: Node, _ source: String, _ path: String
    ) {
        let textStart = node.textStart(of: source)
        let shown = problems.prefix(room)
        for problem in shown {
            let extent = textStart.map { $0.extent(of: problem.range) } ?? node.extent
            switch problem.problem {
            case .unset(let name):
                report(extent, "environment variable `\(name)` is not set, and `\(path)` needs it")
            case .malformed:
                let hint = "write `${NAME}` or `${NAME:-default}`, and `$${` for a literal `${`"
                report(extent, "malformed reference in `\(path)`", hint: hint)
            case .nestedReference:
                report(extent, "a default in `\(path)` holds another reference", hint: "defaults are plain text")
            case .tooLong:
                report(extent, "`\(path)` is longer than \(Substitution.lengthLimit) bytes")
            }
        }
        drop(problems.count - shown.count)
    }

    /// Reads a list of scalars, each once.
    mutating func list<Value>(
        _ node: Node, _ path: String, _ codec: Codec<Value>, atMost limit: Int
    ) -> Decoded<[Value]> {
        if node.isNull { return .absent }
        guard case .sequence(let items) = node.content else {
            report(node.headExtent, "`\(path)` must be a list, not \(node.kindName)", hint: "write `[…]`")
            return .refused
        }
        guard items.count <= limit else {
            report(node.headExtent, "`\(path)` has more than \(limit) items")
            return .refused
        }
        var values: [Value] = []
        // Where each value stands in the list: refused items are not among the values.
        var places: [Int] = []
        var isWhole = true
        for (index, item) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            setPlace(item.headExtent, of: itemPath)
            switch value(item, itemPath, codec) {
            case .value(let value):
                if let first = values.firstIndex(of: value) {
                    report(item.extent, "`\(itemPath)` repeats `\(path)[\(places[first])]`", hint: "remove it")
                    isWhole = false
                }
                values.append(value)
                places.append(index)
            case .absent:
                report(item.extent, "`\(itemPath)` must be \(codec.shape.expectation), not nothing")
                isWhole = false
            case .refused:
                isWhole = false
            }
        }
        return isWhole ? .value(values) : .refused
    }
}

extension Node {
    /// Where a scalar's text begins, if each of its scalars stands in the document as it is: without escapes, folding
    /// or other decoration. Takes a time in proportion to the text.
    fileprivate func textStart(of text: String) -> Mark? {
        let quotes = extent.end.column - extent.start.column - text.unicodeScalars.count
        guard isBare, extent.isOnOneLine, quotes == 0 || quotes == 2 else { return nil }
        return Mark(line: extent.start.line, column: extent.start.column + quotes / 2)
    }
}

extension Mark {
    /// The place of a part of the text that begins here.
    fileprivate func extent(of range: Range<Int>) -> Extent {
        Extent(
            start: Mark(line: line, column: column + range.lowerBound),
            end: Mark(line: line, column: column + range.upperBound))
    }
}
