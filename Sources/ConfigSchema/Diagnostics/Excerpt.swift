/// A line of the document as a diagnostic shows it: masked, bounded, with the columns of the caret.
struct Excerpt: Sendable, Equatable {
    private(set) var text: String
    /// The columns of `text` to underline.
    private(set) var underline: Range<Int>

    private static let mask = Array("***".unicodeScalars)
    private static let widthLimit = 120

    /// What becomes of each scalar of the line.
    private enum Fate {
        case shown
        /// Part of the masked run with this number; a run becomes one `***`.
        case masked(run: Int)

        var isShown: Bool {
            if case .shown = self { true } else { false }
        }
    }

    /// An excerpt of a document that was read: only what `disclosure` vouches for, and punctuation between, is shown.
    /// `tokens` are those of the line.
    init(_ extent: Extent, of line: [Unicode.Scalar], tokens: [Extent], disclosure: Disclosure) {
        var fates = Self.punctuation(of: line, tokens: tokens, number: extent.start.line)
        for (run, token) in tokens.enumerated() {
            guard let columns = token.columns(onLine: extent.start.line, length: line.count) else { continue }
            let isShown = disclosure.shows(token, onLine: extent.start.line)
            for column in columns where column < fates.count { fates[column] = isShown ? .shown : .masked(run: run) }
        }
        self.init(line, fates, extent)
    }

    /// An excerpt of a document that could not be read: nobody knows what on the line is a value, so that only its
    /// beginning is shown, up to a known key and its colon.
    init(_ extent: Extent, ofUnreadable line: [Unicode.Scalar], knownKeys: Set<String>) {
        var fates = [Fate](repeating: .masked(run: 0), count: line.count)
        var position = line.prefix { $0 == " " || $0 == "-" || $0 == "{" || $0 == "\t" }.count
        for column in 0..<position { fates[column] = .shown }
        let isQuoted = position < line.count && (line[position] == "\"" || line[position] == "'")
        let start = isQuoted ? position + 1 : position
        let name = line[start...].prefix { $0 == "_" || ("a"..."z").contains($0) || ("0"..."9").contains($0) }
        var end = start + name.count
        if isQuoted, end < line.count, line[end] == line[position] { end += 1 }
        let isKey = end < line.count && line[end] == ":" && (end + 1 == line.count || line[end + 1] == " ")
        if isKey, knownKeys.contains(String(String.UnicodeScalarView(name))) {
            while position <= end {
                fates[position] = .shown
                position += 1
            }
            while position < line.count, line[position] == " " {
                fates[position] = .shown
                position += 1
            }
        }
        self.init(line, fates, extent)
    }

    /// The fates outside of tokens: YAML's own punctuation is shown, a comment ends the line, all else is masked.
    private static func punctuation(of line: [Unicode.Scalar], tokens: [Extent], number: Int) -> [Fate] {
        var isToken = [Bool](repeating: false, count: line.count)
        for token in tokens {
            guard let columns = token.columns(onLine: number, length: line.count) else { continue }
            for column in columns { isToken[column] = true }
        }
        var fates: [Fate] = []
        for (column, scalar) in line.enumerated() {
            if scalar == "#", !isToken[column] { break }
            let isPunctuation = " \t-?:,[]{}".unicodeScalars.contains(scalar)
            fates.append(isPunctuation ? .shown : .masked(run: -1))
        }
        return fates
    }

    /// Writes the line; `fates` may be shorter than it: the rest is left out.
    private init(_ line: [Unicode.Scalar], _ fates: [Fate], _ extent: Extent) {
        var written: [Unicode.Scalar] = []
        var columns: [Int] = []
        var openRun: Int?
        for (scalar, fate) in zip(line, fates) {
            switch fate {
            case .shown:
                columns.append(written.count)
                written.append(Self.printable(scalar))
                openRun = nil
            case .masked(let run):
                if openRun != run { written += Self.mask }
                columns.append(written.count - Self.mask.count)
                openRun = run
            }
        }
        while written.last == " " { written.removeLast() }
        let start = extent.start.column < columns.count ? columns[extent.start.column] : written.count
        let last = extent.isOnOneLine ? extent.end.column - 1 : columns.count - 1
        let isLastMasked = fates.indices.contains(last) && !fates[last].isShown
        let lastColumn =
            columns.indices.contains(last) ? columns[last] + (isLastMasked ? Self.mask.count - 1 : 0) : start
        underline = start..<max(start + 1, min(lastColumn + 1, written.count))
        text = String(String.UnicodeScalarView(written))
        narrow(written)
    }

    /// Cuts a long line to the part around the caret.
    private mutating func narrow(_ written: [Unicode.Scalar]) {
        guard written.count > Self.widthLimit else { return }
        let start = max(0, min(underline.lowerBound - 40, written.count - Self.widthLimit))
        let part = written[start..<min(written.count, start + Self.widthLimit)]
        let prefix = start > 0 ? "…" : ""
        let suffix = start + Self.widthLimit < written.count ? "…" : ""
        text = prefix + String(String.UnicodeScalarView(part)) + suffix
        let shift = start - prefix.unicodeScalars.count
        let from = underline.lowerBound - shift
        underline = from..<max(from + 1, min(underline.upperBound - shift, Self.widthLimit + 1))
    }

    /// One column wide and without power over a terminal.
    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        case .control: " "
        case .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "\u{FFFD}"
        default: scalar
        }
    }
}
