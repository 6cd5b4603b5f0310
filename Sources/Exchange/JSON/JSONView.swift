/// One value of a document.
package struct JSONView: Sendable {
    package let document: JSONDocument
    let index: Int

    private var node: JSONNode { document.nodes[index] }

    package var kind: JSONKind { node.kind }

    /// The bytes of the value as they stand in the text; of a string those between the quotes.
    package var text: ArraySlice<UInt8> { document.bytes[node.range] }

    /// The member of an object with that name, in UTF-8.
    package subscript(_ name: some Collection<UInt8>) -> JSONView? { member { document.isNamed($0, name) } }

    package subscript(_ name: StaticString) -> JSONView? {
        member { index in name.withUTF8Buffer { unsafe document.isNamed(index, $0) } }
    }

    /// The value at a path of names, from object to object.
    package func at(_ path: [[UInt8]]) -> JSONView? {
        var index = index
        for name in path {
            guard let next = document.member(of: index, where: { document.isNamed($0, name) }) else { return nil }
            index = next
        }
        return JSONView(document: document, index: index)
    }

    /// What a string stands for, in UTF-8; nil for other kinds.
    package var string: [UInt8]? {
        guard node.kind == .string else { return nil }
        return node.hasEscapes ? JSONText.unescaped(document.bytes.span, node.range) : Array(text)
    }

    /// Whether this is a string that stands for these bytes.
    package func equals(_ other: some Collection<UInt8>) -> Bool {
        node.kind == .string && document.isNamed(index, other)
    }

    package var bool: Bool? { node.kind == .boolean ? text.first == UInt8(ascii: "t") : nil }

    /// nil for other kinds, and for numbers beyond what a `Double` can tell.
    package var number: JSONNumber? {
        guard node.kind == .number else { return nil }
        return JSONNumber(text)
    }

    /// The values of an array; empty for other kinds.
    package var elements: [JSONView] {
        guard node.kind == .array else { return [] }
        var all: [JSONView] = []
        var next = index + 1
        while next < Int(node.next) {
            all.append(JSONView(document: document, index: next))
            next = Int(document.nodes[next].next)
        }
        return all
    }

    private func member(where isNamed: (Int) -> Bool) -> JSONView? {
        document.member(of: index, where: isNamed).map { JSONView(document: document, index: $0) }
    }
}

extension JSONDocument {
    /// The value of the first member whose name's node fits.
    func member(of object: Int, where isNamed: (Int) -> Bool) -> Int? {
        guard nodes[object].kind == .object else { return nil }
        let end = Int(nodes[object].next)
        var name = object + 1
        while name < end {
            if isNamed(name) { return name + 1 }
            name = Int(nodes[name + 1].next)
        }
        return nil
    }

    /// Whether the string of a node stands for these bytes.
    func isNamed(_ index: Int, _ name: some Collection<UInt8>) -> Bool {
        let node = nodes[index]
        if node.hasEscapes { return JSONText.unescaped(bytes.span, node.range).elementsEqual(name) }
        guard node.range.count == name.count else { return false }
        var offset = Int(node.start)
        for byte in name {
            if bytes[offset] != byte { return false }
            offset += 1
        }
        return true
    }
}

extension JSONNumber {
    /// Reads a checked number.
    init?(_ text: ArraySlice<UInt8>) {
        if text.count <= 18, text.allSatisfy({ $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }) {
            var magnitude: Int64 = 0
            for byte in text where byte != UInt8(ascii: "-") { magnitude = magnitude * 10 + Int64(byte & 0x0F) }
            self = .integer(text.first == UInt8(ascii: "-") ? -magnitude : magnitude)
            return
        }
        let words = String(decoding: text, as: UTF8.self)
        if let integer = Int64(words) {
            self = .integer(integer)
        } else if let value = Double(words), value.isFinite {
            self = .fraction(value)
        } else {
            return nil
        }
    }
}
