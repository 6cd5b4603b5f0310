extension Decoding {
    /// Reads a scalar; reports what is wrong with it.
    mutating func value<Value>(_ node: Node, _ path: String, _ codec: Codec<Value>) -> Decoded<Value> {
        guard case .scalar(let source, let style) = node.content else {
            report(node.headExtent, "`\(path)` must be \(codec.shape.expectation), not \(node.kindName)")
            return .refused
        }
        disclose(node, source, isSecret: codec.shape.isSecret)
        if node.isNull { return .absent }
        let substitution = Substitution(source, environment: environment)
        guard substitution.problems.isEmpty else {
            for problem in substitution.problems { report(problem, in: node, source, path) }
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

    private mutating func report(
        _ problem: Substitution.PlacedProblem, in node: Node, _ source: String, _ path: String
    ) {
        let extent = node.extent(of: problem.range, in: source)
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
        var isWhole = true
        for (index, item) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            setPlace(item.headExtent, of: itemPath)
            switch value(item, itemPath, codec) {
            case .value(let value):
                if let first = values.firstIndex(of: value) {
                    report(item.extent, "`\(itemPath)` repeats `\(path)[\(first)]`", hint: "remove it")
                    isWhole = false
                }
                values.append(value)
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
    /// The place of a part of a scalar's text; the whole scalar's where escapes or folding hide the part's place.
    fileprivate func extent(of range: Range<Int>, in text: String) -> Extent {
        let quotes = extent.end.column - extent.start.column - text.unicodeScalars.count
        guard isBare, extent.isOnOneLine, quotes == 0 || quotes == 2 else { return extent }
        let column = extent.start.column + quotes / 2
        return Extent(
            start: Mark(line: extent.start.line, column: column + range.lowerBound),
            end: Mark(line: extent.start.line, column: column + range.upperBound))
    }
}
