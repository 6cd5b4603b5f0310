/// One pass over a JSON text that checks its grammar and lists its values.
struct JSONParser {
    private(set) var nodes: [JSONNode] = []
    private(set) var hasWideCharacters = false
    private let limits: JSONLimits
    private let isAddressable: Bool
    private var position = 0

    init(count: Int, limits: JSONLimits) {
        self.limits = limits
        isAddressable = count < Int(Int32.max)
        nodes.reserveCapacity(min(limits.nodes, count / 8 + 8))
    }

    mutating func parse(_ text: Span<UInt8>) throws(JSONFailure) {
        guard isAddressable else { throw .tooMany }
        skipBlanks(text)
        try value(text, depth: 0)
        skipBlanks(text)
        guard position == text.count else { throw .malformed(offset: position) }
    }

    private mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONFailure) {
        guard position < text.count else { throw .malformed(offset: position) }
        switch text[position] {
        case UInt8(ascii: "\""): try string(text)
        case UInt8(ascii: "{"): try object(text, depth: depth)
        case UInt8(ascii: "["): try array(text, depth: depth)
        case UInt8(ascii: "t"): try word("true", .boolean, text)
        case UInt8(ascii: "f"): try word("false", .boolean, text)
        case UInt8(ascii: "n"): try word("null", .null, text)
        default: try number(text)
        }
    }

    private mutating func object(_ text: Span<UInt8>, depth: Int) throws(JSONFailure) {
        let own = try open(.object, depth: depth)
        var names = NameSet()
        if !close(own, UInt8(ascii: "}"), text) {
            repeat {
                skipBlanks(text)
                let (start, name) = (position, nodes.count)
                guard position < text.count, text[position] == UInt8(ascii: "\"") else {
                    throw .malformed(offset: position)
                }
                try string(text)
                if isRepeated(name, in: own, text, &names) { throw .duplicateName(offset: start) }
                skipBlanks(text)
                try take(UInt8(ascii: ":"), text)
                skipBlanks(text)
                try value(text, depth: depth + 1)
            } while try isFollowed(own, by: UInt8(ascii: "}"), text)
        }
    }

    private mutating func array(_ text: Span<UInt8>, depth: Int) throws(JSONFailure) {
        let own = try open(.array, depth: depth)
        if !close(own, UInt8(ascii: "]"), text) {
            repeat {
                skipBlanks(text)
                try value(text, depth: depth + 1)
            } while try isFollowed(own, by: UInt8(ascii: "]"), text)
        }
    }

    private mutating func open(_ kind: JSONKind, depth: Int) throws(JSONFailure) -> Int {
        guard depth < limits.depth else { throw .tooDeep }
        try add(JSONNode(kind: kind, start: Int32(position), end: 0, next: 0))
        position += 1
        return nodes.count - 1
    }

    /// Takes the end of an empty collection.
    private mutating func close(_ own: Int, _ end: UInt8, _ text: Span<UInt8>) -> Bool {
        skipBlanks(text)
        guard position < text.count, text[position] == end else { return false }
        position += 1
        nodes[own].end = Int32(position)
        nodes[own].next = Int32(nodes.count)
        return true
    }

    /// Whether a comma says that more follows; otherwise the collection must end here.
    private mutating func isFollowed(
        _ own: Int, by end: UInt8, _ text: Span<UInt8>
    ) throws(JSONFailure) -> Bool {
        skipBlanks(text)
        if position < text.count, text[position] == UInt8(ascii: ",") {
            position += 1
            return true
        }
        guard close(own, end, text) else { throw .malformed(offset: position) }
        return false
    }

    private mutating func add(_ node: JSONNode) throws(JSONFailure) {
        guard nodes.count < limits.nodes else { throw .tooMany }
        nodes.append(node)
    }

    /// The names of an object with many members, as keyed hashes: few are compared one with another.
    private struct NameSet {
        static let compared = 12
        var count = 0
        var hashes: Set<UInt64> = []
    }

    /// Whether an earlier member of the object has the name of node `name`.
    private func isRepeated(
        _ name: Int, in object: Int, _ text: Span<UInt8>, _ names: inout NameSet
    ) -> Bool {
        names.count += 1
        guard names.count > NameSet.compared else { return isComparedEqual(name, in: object, text) }
        if names.hashes.isEmpty {
            var earlier = object + 1
            while earlier < name {
                names.hashes.insert(hash(of: earlier, text))
                earlier = Int(nodes[earlier + 1].next)
            }
        }
        return !names.hashes.insert(hash(of: name, text)).inserted
    }

    private func hash(of name: Int, _ text: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        let node = nodes[name]
        if node.hasEscapes {
            hasher.combine(JSONText.unescaped(text, node.range))
        } else {
            hasher.combine([UInt8](copying: text.extracting(node.range)))
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private func isComparedEqual(_ name: Int, in object: Int, _ text: Span<UInt8>) -> Bool {
        let last = nodes[name]
        var index = object + 1
        while index < name {
            let other = nodes[index]
            if last.hasEscapes || other.hasEscapes {
                if JSONText.unescaped(text, last.range) == JSONText.unescaped(text, other.range) { return true }
            } else if last.range.count == other.range.count {
                if JSONText.isSame(text, last.range, other.range) { return true }
            }
            index = Int(nodes[index + 1].next)
        }
        return false
    }

    private mutating func string(_ text: Span<UInt8>) throws(JSONFailure) {
        position += 1
        var node = JSONNode(kind: .string, start: Int32(position), end: 0, next: 0)
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                node.end = Int32(position)
                node.next = Int32(nodes.count + 1)
                position += 1
                return try add(node)
            }
            guard byte >= 0x20 else { throw .malformed(offset: position) }
            if byte == UInt8(ascii: "\\") {
                node.hasEscapes = true
                guard let length = JSONText.escapeLength(text, position) else { throw .malformed(offset: position) }
                position += length
            } else {
                if byte >= 0x80 { hasWideCharacters = true }
                position += 1
            }
        }
        throw .malformed(offset: position)
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func number(_ text: Span<UInt8>) throws(JSONFailure) {
        let start = position
        if position < text.count, text[position] == UInt8(ascii: "-") { position += 1 }
        if position < text.count, text[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits(text)
        }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            try digits(text)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits(text)
        }
        try add(
            JSONNode(kind: .number, start: Int32(start), end: Int32(position), next: Int32(nodes.count + 1)))
    }

    private mutating func digits(_ text: Span<UInt8>) throws(JSONFailure) {
        let start = position
        while position < text.count, text[position] &- 0x30 < 10 { position += 1 }
        guard position > start else { throw .malformed(offset: position) }
    }

    private mutating func word(
        _ word: StaticString, _ kind: JSONKind, _ text: Span<UInt8>
    ) throws(JSONFailure) {
        let length = word.utf8CodeUnitCount
        guard text.count - position >= length,
            unsafe text.bytes.extracting(position..<(position + length)).equals(word)
        else { throw .malformed(offset: position) }
        let start = Int32(position)
        position += length
        try add(JSONNode(kind: kind, start: start, end: Int32(position), next: Int32(nodes.count + 1)))
    }

    private mutating func take(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONFailure) {
        guard position < text.count, text[position] == byte else { throw .malformed(offset: position) }
        position += 1
    }

    private mutating func skipBlanks(_ text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
