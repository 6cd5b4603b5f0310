/// How many typing slips lie between two names: for "did you mean".
enum EditDistance {
    /// The known name that `word` was meant to be, or nil when none is near enough.
    ///
    /// A third of the name's length may differ, at most three letters; names of up to two letters must be exact but for
    /// case. Longer words than any name could be are not looked at.
    static func nearest(to word: String, among names: [String]) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(80))
        guard !typed.isEmpty, typed.count < 80 else { return nil }
        let ranked = names.compactMap { name -> (name: String, distance: Int)? in
            let known = Array(name.lowercased().unicodeScalars)
            let distance = between(typed, known)
            return distance <= min(3, known.count / 3) ? (name, distance) : nil
        }
        return ranked.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func between(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(previous[column + 1] + 1, current[column] + 1)
                best = min(best, previous[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
