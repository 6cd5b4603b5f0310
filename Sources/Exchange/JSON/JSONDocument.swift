/// A JSON text, checked and ready to be looked into without another pass (RFC 8259; I-JSON, RFC 7493).
///
/// Strict where laxity is an attack: the text is UTF-8 without a byte order mark, no name stands twice in an object,
/// no surrogate stands alone, nothing follows the value. Its values stay where they are among the bytes; a flat list in
/// the order of the text says where. Bounded by `JSONLimits`, so that it may read what a stranger sent.
package struct JSONDocument: Sendable, Equatable {
    /// The text as it came.
    package let bytes: [UInt8]
    let nodes: [JSONNode]

    package init(_ bytes: [UInt8], limits: JSONLimits = .answer) throws(JSONFailure) {
        var parser = JSONParser(count: bytes.count, limits: limits)
        try parser.parse(bytes.span)
        if parser.hasWideCharacters, String(validating: bytes, as: UTF8.self) == nil { throw .notUTF8 }
        self.bytes = bytes
        nodes = parser.nodes
    }

    package var root: JSONView { view(at: Self.rootIndex) }

    package func view(at index: Int) -> JSONView { JSONView(document: self, index: index) }

    package static func == (one: JSONDocument, other: JSONDocument) -> Bool { one.bytes == other.bytes }
}

/// How much a text may hold.
package struct JSONLimits: Sendable {
    package var depth: Int
    /// Values and names together.
    package var nodes: Int

    package init(depth: Int, nodes: Int) {
        self.depth = depth
        self.nodes = nodes
    }

    /// The head of a token.
    package static let tokenHead = JSONLimits(depth: 8, nodes: 64)
    /// A token's claims.
    package static let claims = JSONLimits(depth: 32, nodes: 4_096)
    /// What another server answers.
    package static let answer = JSONLimits(depth: 32, nodes: 8_192)
}

package enum JSONFailure: Error, Equatable, Sendable {
    case malformed(offset: Int)
    case tooDeep
    case tooMany
    case duplicateName(offset: Int)
    case notUTF8

    /// For a log; holds nothing of the text.
    package var explanation: String {
        switch self {
        case .malformed(let offset): "malformed JSON at byte \(offset)"
        case .tooDeep: "JSON nested too deeply"
        case .tooMany: "JSON with too many values"
        case .duplicateName(let offset): "a name given twice, the second at byte \(offset)"
        case .notUTF8: "JSON that is not UTF-8"
        }
    }
}

package enum JSONKind: UInt8, Sendable {
    case null, boolean, number, string, array, object
}

/// One value: where it is, and which node follows what it holds. An object's members are a name and a value each.
struct JSONNode: Sendable {
    var kind: JSONKind
    /// A string that does not stand for itself.
    var hasEscapes = false
    /// The bytes of a scalar, quotes left out; for the others those of the whole.
    var start: Int32
    var end: Int32
    /// The index of the node behind the value and all it holds.
    var next: Int32

    var range: Range<Int> { Int(start)..<max(Int(start), Int(end)) }
}

/// A number as far as it can be told exactly.
package enum JSONNumber: Sendable {
    case integer(Int64)
    case fraction(Double)

    package var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .fraction(let value): value
        }
    }
}

extension JSONNumber: Comparable {
    package static func == (one: JSONNumber, other: JSONNumber) -> Bool {
        if case .integer(let a) = one, case .integer(let b) = other { return a == b }
        return one.double == other.double
    }

    package static func < (one: JSONNumber, other: JSONNumber) -> Bool {
        if case .integer(let a) = one, case .integer(let b) = other { return a < b }
        return one.double < other.double
    }
}
