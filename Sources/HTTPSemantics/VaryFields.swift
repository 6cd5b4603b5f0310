/// Which request fields chose a response: what its Vary lines name (RFC 9110 §12.5.5, RFC 9111 §4.1).
///
/// Origin and Accept-Encoding are left out: they never reach the origin, so nothing can depend on them, though S3
/// servers name them always.
package enum VaryFields: Sendable, Equatable {
    case none
    /// No later request can be matched: `*`, a name that is none, or beyond the limits.
    case any
    /// In lower case, sorted, each once.
    case names([[UInt8]])

    package static let countLimit = 16
    /// Of all names together.
    package static let byteLimit = 512

    /// Reads the value of one field line; to be called for each of them, in any order, beginning with `.none`.
    package mutating func read(_ line: Span<UInt8>) {
        var start = 0
        while start < line.count {
            var end = start
            while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
            let member = line.trimmed(start..<end)
            if !member.isEmpty { add(line.extracting(member)) }
            start = end + 1
        }
    }

    private mutating func add(_ name: Span<UInt8>) {
        if name.equalsIgnoringCase("origin") || name.equalsIgnoringCase("accept-encoding") { return }
        guard name.count <= Self.byteLimit, name.isToken, !name.equalsIgnoringCase("*") else {
            self = .any
            return
        }
        switch self {
        case .any: break
        case .none: self = .names([name.lowercased])
        case .names(var names):
            let name = name.lowercased
            let place = names.firstIndex { !$0.lexicographicallyPrecedes(name) } ?? names.count
            if place < names.count, names[place] == name { return }
            names.insert(name, at: place)
            let bytes = names.reduce(0) { $0 + $1.count }
            self = names.count > Self.countLimit || bytes > Self.byteLimit ? .any : .names(names)
        }
    }
}
