/// `${NAME}` and `${NAME:-default}` in one scalar, replaced from the environment after the document was parsed.
///
/// A value put in is data: it is not read again, neither as YAML nor for further references. `:-` is the shell's: the
/// default also stands in for an empty variable (POSIX Shell Command Language §2.6.2). `$${` is a literal `${`.
struct Substitution: Sendable, Equatable {
    /// The longest scalar in bytes, both as it is written and as it becomes: no document may cost minutes, and no
    /// environment may multiply into all memory.
    static let lengthLimit = 65_536

    enum Problem: Sendable, Equatable {
        case unset(String)
        case malformed
        case nestedReference
        case tooLong
    }

    struct PlacedProblem: Sendable, Equatable {
        var problem: Problem
        /// The Unicode scalars of the text that the problem is about.
        var range: Range<Int>
    }

    private(set) var text = ""
    /// True when a reference was replaced: the scalar's style no longer tells its type.
    private(set) var isSubstituted = false
    private(set) var problems: [PlacedProblem] = []

    init(_ source: String, environment: [String: String]) {
        guard source.utf8.count <= Self.lengthLimit else {
            problems = [.init(problem: .tooLong, range: 0..<source.unicodeScalars.count)]
            return
        }
        guard source.contains("${") else {
            text = source
            return
        }
        let scalars = Array(source.unicodeScalars)
        var position = 0
        while position < scalars.count {
            if scalars[position...].starts(with: Self.escape) {
                append("${")
                position += Self.escape.count
            } else if scalars[position...].starts(with: Self.opening) {
                position = replace(scalars, from: position, environment)
            } else {
                append(scalars[position])
                position += 1
            }
        }
        if text.utf8.count > Self.lengthLimit { problems.append(.init(problem: .tooLong, range: 0..<scalars.count)) }
    }

    private static let escape = Array("$${".unicodeScalars)
    private static let opening = Array("${".unicodeScalars)

    /// Replaces the reference that begins at `start`; returns the position after it.
    private mutating func replace(_ scalars: [Unicode.Scalar], from start: Int, _ environment: [String: String]) -> Int
    {
        let nameStart = start + Self.opening.count
        guard let end = scalars[nameStart...].firstIndex(of: "}") else {
            problems.append(.init(problem: .malformed, range: start..<scalars.count))
            return scalars.count
        }
        let after = end + 1
        let body = String(String.UnicodeScalarView(scalars[nameStart..<end]))
        guard let reference = Reference(body) else {
            problems.append(.init(problem: .malformed, range: start..<after))
            return after
        }
        if reference.fallback?.contains("${") == true {
            problems.append(.init(problem: .nestedReference, range: start..<after))
            return after
        }
        isSubstituted = true
        let value = environment[reference.name]
        if let fallback = reference.fallback {
            append(value.flatMap { $0.isEmpty ? nil : $0 } ?? fallback)
        } else if let value {
            append(value)
        } else {
            problems.append(.init(problem: .unset(reference.name), range: start..<after))
        }
        return after
    }

    private mutating func append(_ part: String) {
        guard text.utf8.count <= Self.lengthLimit else { return }
        text += part.utf8.count <= Self.lengthLimit ? part : String(repeating: " ", count: Self.lengthLimit + 1)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        guard text.utf8.count <= Self.lengthLimit else { return }
        text.unicodeScalars.append(scalar)
    }

    /// The inside of `${…}`.
    private struct Reference {
        var name: String
        var fallback: String?

        init?(_ body: String) {
            let bytes = Array(body.utf8)
            let nameLength = bytes.prefix { Self.isNameByte($0) }.count
            guard nameLength > 0, !(0x30...0x39).contains(bytes[0]) else { return nil }
            name = String(decoding: bytes[..<nameLength], as: UTF8.self)
            let rest = bytes[nameLength...]
            guard !rest.isEmpty else { return }
            guard rest.starts(with: Array(":-".utf8)) else { return nil }
            fallback = String(decoding: rest.dropFirst(2), as: UTF8.self)
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}
