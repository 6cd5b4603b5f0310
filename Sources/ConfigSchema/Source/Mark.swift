/// A place in a text: line and column from 0, the column in Unicode scalars.
struct Mark: Hashable, Sendable, Comparable {
    var line: Int
    var column: Int

    static func < (left: Mark, right: Mark) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// The part of a text from `start` up to, not including, `end`.
struct Extent: Hashable, Sendable {
    var start: Mark
    var end: Mark

    var isOnOneLine: Bool { start.line == end.line }

    /// The columns that the extent covers on a line of `length` columns; nil where it covers none.
    func columns(onLine line: Int, length: Int) -> Range<Int>? {
        guard start.line <= line, line <= end.line else { return nil }
        let from = start.line == line ? min(start.column, length) : 0
        let to = end.line == line ? min(end.column, length) : length
        return from < to ? from..<to : nil
    }
}
