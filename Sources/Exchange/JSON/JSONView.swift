/// One value of a document.
package struct JSONView: Sendable {
    package let document: JSONDocument
    package let index: Int

    package var kind: JSONKind { document.kind(of: index) }

    /// The bytes of the value as they stand in the text; of a string those between the quotes.
    package var text: ArraySlice<UInt8> { document.bytes[document.nodes[index].range] }

    /// The member of an object with that name, in UTF-8.
    package subscript(_ name: [UInt8]) -> JSONView? { view(document.member(of: index, named: name)) }

    package subscript(_ name: StaticString) -> JSONView? { view(document.member(of: index, named: name)) }

    /// The value at a path of names, from object to object.
    package func at(_ path: [[UInt8]]) -> JSONView? { view(document.value(at: path, from: index)) }

    /// What a string stands for, in UTF-8; nil for other kinds.
    package var string: [UInt8]? {
        let node = document.nodes[index]
        guard node.kind == .string else { return nil }
        return node.hasEscapes ? JSONText.unescaped(document.bytes.span, node.range) : Array(text)
    }

    /// Whether this is a string that stands for these bytes.
    package func equals(_ other: [UInt8]) -> Bool { document.isString(index, other) }

    package func equals(_ other: StaticString) -> Bool {
        kind == .string && document.isNamed(index, other)
    }

    package var bool: Bool? { document.bool(at: index) }

    /// nil for other kinds, and for numbers beyond what a `Double` can tell.
    package var number: JSONNumber? { document.number(at: index) }

    /// The values of an array; empty for other kinds.
    package var elements: [JSONView] {
        var all: [JSONView] = []
        var next = document.firstElement(of: index)
        while let element = next {
            all.append(JSONView(document: document, index: element))
            next = document.element(after: element, of: index)
        }
        return all
    }

    private func view(_ index: Int?) -> JSONView? { index.map { JSONView(document: document, index: $0) } }
}
