import Exchange
import NIOCore
import Settings

/// Finds a request's token where the configuration says that it may stand (JWT-2, RFC 6750 §2).
package struct TokenSource {
    private let kind: TokenSourceSettings.Kind
    /// In lower case for a field.
    private let name: [UInt8]
    private let prefix: [UInt8]

    package init(_ settings: TokenSourceSettings) {
        kind = settings.kind
        let name = settings.name ?? ""
        self.name = Array((settings.kind == .header ? name.lowercased() : name).utf8)
        prefix = Array((settings.prefix ?? "").utf8)
    }

    /// The token's text; nil when this place holds none. Shares the request's bytes where it can.
    package func token(in head: borrowing RequestHead) throws(TokenFailure) -> ByteBuffer? {
        switch kind {
        case .bearer: try Self.bearer(head.fields)
        case .header: try header(head.fields)
        case .query: try parameter(head.query)
        }
    }

    // Two tokens in one place would let two readers of the request see two clients.

    private static func bearer(_ fields: FieldBlock) throws(TokenFailure) -> ByteBuffer? {
        var found: ByteBuffer?
        var count = 0
        for entry in fields.entries where entry.name == .authorization {
            count += 1
            found = fields.value(entry)
        }
        guard count <= 1 else { throw .givenTwice }
        guard var value = found, value.readableBytes > 7 else { return nil }
        guard hasBearerScheme(value) else { return nil }
        value.moveReaderIndex(forwardBy: 7)
        while value.readableBytes > 0, value.getInteger(at: value.readerIndex, as: UInt8.self) == 0x20 {
            value.moveReaderIndex(forwardBy: 1)
        }
        return value.readableBytes > 0 ? value : nil
    }

    private static func hasBearerScheme(_ value: ByteBuffer) -> Bool {
        value.readableBytesSpan.extracting(0..<7).equalsFolded("bearer ")
    }

    private func header(_ fields: FieldBlock) throws(TokenFailure) -> ByteBuffer? {
        var found: ByteBuffer?
        for entry in fields.entries where Int(entry.nameLength) == name.count {
            guard fields.name(entry).readableBytesView.elementsEqual(name, by: { Self.lowered($0) == $1 }) else {
                continue
            }
            var value = fields.value(entry)
            guard value.readableBytes > prefix.count, value.readableBytesView.starts(with: prefix) else { continue }
            value.moveReaderIndex(forwardBy: prefix.count)
            guard found == nil else { throw .givenTwice }
            found = value
        }
        return found
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// The parameter of that name, percent-decoded; names and values may be escaped (WHATWG URL §5.1).
    private func parameter(_ query: ByteBuffer?) throws(TokenFailure) -> ByteBuffer? {
        guard let query else { return nil }
        var found: ByteBuffer?
        for pair in query.readableBytesView.split(separator: UInt8(ascii: "&")) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let key = Self.unescaped(pair[pair.startIndex..<end]), key == name, end < pair.endIndex else {
                continue
            }
            guard let value = Self.unescaped(pair[pair.index(after: end)...]) else { throw .badEncoding }
            guard found == nil else { throw .givenTwice }
            if !value.isEmpty { found = ByteBuffer(bytes: value) }
        }
        return found
    }

    private static func unescaped(_ text: ByteBufferView) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            out.append(high << 4 | low)
        }
        return out
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
        default: nil
        }
    }
}
