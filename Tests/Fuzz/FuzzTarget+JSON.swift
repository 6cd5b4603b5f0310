import Exchange
import NIOCore

extension FuzzTarget {
    /// JSON of tokens, of key sets and of other servers' answers: what is accepted can be walked to its last value,
    /// stays within its bounds, and is refused when it is cut.
    ///
    /// The first byte says where the rest is cut.
    static let json = FuzzTarget(name: "json") { input in
        var bytes = input
        guard let cut = bytes.readInteger(as: UInt8.self) else { return }
        let text = [UInt8](bytes.readableBytesView)
        let limits = JSONLimits(depth: 8, nodes: 64)
        guard let document = try? JSONDocument(text, limits: limits) else { return }
        var count = 0
        walk(document.root, depth: 0, &count)
        precondition(count <= 64, "more values than allowed")
        precondition(String(validating: text, as: UTF8.self) != nil, "accepted what is not UTF-8")
        guard document.root.kind == .object || document.root.kind == .array else { return }
        let end = text.lastIndex { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") } ?? 0
        let shorter = Array(text.prefix(end * Int(cut) / 256))
        precondition((try? JSONDocument(shorter, limits: limits)) == nil, "accepted a part of an object")
    }

    private static func walk(_ value: JSONView, depth: Int, _ count: inout Int) {
        precondition(depth <= 8, "nested too deeply")
        count += 1
        switch value.kind {
        case .array:
            for element in value.elements { walk(element, depth: depth + 1, &count) }
        case .string:
            let text = value.string ?? []
            precondition(value.equals(text), "a string that is not its own")
            precondition(String(validating: text, as: UTF8.self) != nil, "a string that is not UTF-8")
            precondition(text.count <= value.text.count, "a string grew")
        case .number:
            if let number = value.number { precondition(number.double.isFinite, "an endless number") }
        case .boolean: precondition(value.bool != nil, "a boolean without a value")
        case .null, .object: break
        }
    }
}
