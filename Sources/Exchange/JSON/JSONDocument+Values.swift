// Values by their number in the document: no reference is taken, which a look into a token's claims would feel.
extension JSONDocument {
    /// The number of the whole.
    package static var rootIndex: Int { 0 }

    package func kind(of index: Int) -> JSONKind { nodes[index].kind }

    /// The value of the member with that name; nil for other kinds than objects.
    package func member(of object: Int, named name: [UInt8]) -> Int? {
        var next = firstName(of: object)
        while let member = next {
            if isNamed(member, name) { return member + 1 }
            next = self.name(after: member, of: object)
        }
        return nil
    }

    package func member(of object: Int, named name: StaticString) -> Int? {
        var next = firstName(of: object)
        while let member = next {
            if isNamed(member, name) { return member + 1 }
            next = self.name(after: member, of: object)
        }
        return nil
    }

    /// The value at a path of names, from object to object.
    package func value(at path: [[UInt8]], from start: Int = rootIndex) -> Int? {
        var index = start
        for name in path {
            guard let next = member(of: index, named: name) else { return nil }
            index = next
        }
        return index
    }

    /// nil for an empty array and other kinds.
    package func firstElement(of array: Int) -> Int? {
        nodes[array].kind == .array && Int(nodes[array].next) > array + 1 ? array + 1 : nil
    }

    package func element(after element: Int, of array: Int) -> Int? {
        let next = Int(nodes[element].next)
        return next < Int(nodes[array].next) ? next : nil
    }

    /// Whether a value is a string that stands for these bytes.
    package func isString(_ index: Int, _ text: [UInt8]) -> Bool {
        nodes[index].kind == .string && isNamed(index, text)
    }

    /// Whether a string holds these bytes somewhere; false for other kinds.
    package func string(_ index: Int, holds part: [UInt8]) -> Bool {
        let node = nodes[index]
        guard node.kind == .string else { return false }
        if node.hasEscapes { return JSONText.holds(JSONText.unescaped(bytes.span, node.range).span, part) }
        return JSONText.holds(bytes.span.extracting(node.range), part)
    }

    package func bool(at index: Int) -> Bool? {
        let node = nodes[index]
        return node.kind == .boolean ? bytes[Int(node.start)] == UInt8(ascii: "t") : nil
    }

    package func number(at index: Int) -> JSONNumber? {
        let node = nodes[index]
        return node.kind == .number ? JSONNumber(bytes.span.extracting(node.range)) : nil
    }

    private func firstName(of object: Int) -> Int? {
        nodes[object].kind == .object && Int(nodes[object].next) > object + 1 ? object + 1 : nil
    }

    private func name(after name: Int, of object: Int) -> Int? {
        let next = Int(nodes[name + 1].next)
        return next < Int(nodes[object].next) ? next : nil
    }

    /// Whether the string of a node stands for these bytes.
    func isNamed(_ index: Int, _ name: [UInt8]) -> Bool {
        let node = nodes[index]
        if node.hasEscapes { return JSONText.unescaped(bytes.span, node.range) == name }
        guard node.range.count == name.count else { return false }
        var offset = Int(node.start)
        for byte in name {
            if bytes[offset] != byte { return false }
            offset += 1
        }
        return true
    }

    func isNamed(_ index: Int, _ name: StaticString) -> Bool {
        let node = nodes[index]
        if node.hasEscapes {
            let text = JSONText.unescaped(bytes.span, node.range)
            return unsafe text.span.bytes.equals(name)
        }
        guard node.range.count == name.utf8CodeUnitCount else { return false }
        return unsafe bytes.span.bytes.extracting(node.range).equals(name)
    }
}

extension JSONNumber {
    /// Reads a checked number.
    init?(_ text: Span<UInt8>) {
        if let integer = Self.integer(text) {
            self = .integer(integer)
            return
        }
        let words = String(decoding: [UInt8](copying: text), as: UTF8.self)
        if let integer = Int64(words) {
            self = .integer(integer)
        } else if let value = Double(words), value.isFinite {
            self = .fraction(value)
        } else {
            return nil
        }
    }

    /// A whole number of at most 18 digits.
    private static func integer(_ text: Span<UInt8>) -> Int64? {
        guard text.count > 0, text.count <= 18 else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        var magnitude: Int64 = 0
        for index in (isNegative ? 1 : 0)..<text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            magnitude = magnitude * 10 + Int64(digit)
        }
        return isNegative ? -magnitude : magnitude
    }
}

extension Array where Element == UInt8 {
    package init(copying span: Span<UInt8>) {
        unsafe self.init(unsafeUninitializedCapacity: span.count) { out, count in
            for index in span.indices { unsafe out[index] = span[index] }
            count = span.count
        }
    }
}
