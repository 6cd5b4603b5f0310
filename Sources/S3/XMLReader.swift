import HTTPSemantics

/// Why a document is refused.
package enum XMLFailure: Error, Equatable, Sendable {
    /// More bytes or deeper nesting than allowed.
    case tooLarge
    /// A document type declaration: nothing of S3 has one, and it is where entity bombs live.
    case documentType
    /// Not well-formed, or cut off.
    case malformed
}

/// Reads the small XML documents of S3, event by event, with bounds on size and depth.
///
/// Namespaces count as the prefix they are written with, and prefixes are dropped; attributes are skipped. Knows the
/// five named entities and character references, and no others.
package struct XMLReader {
    package enum Event: Equatable, Sendable {
        /// The element's local name.
        case start(String)
        /// A stretch of decoded text; an element's text may come in several.
        case text([UInt8])
        case end
        /// The root element is closed and nothing but white space and comments follows.
        case finished
    }

    private let bytes: [UInt8]
    private var index = 0
    private let depthLimit: Int
    /// Where the names of the open elements stand, outermost first.
    private var open: [Range<Int>] = []
    private var isSelfClosed = false
    private var hasRoot = false

    package init(_ bytes: [UInt8], sizeLimit: Int = 65_536, depthLimit: Int = 16) throws(XMLFailure) {
        guard bytes.count <= sizeLimit else { throw .tooLarge }
        self.bytes = bytes
        self.depthLimit = depthLimit
        skip("\u{FEFF}")
    }

    package mutating func next() throws(XMLFailure) -> Event {
        if isSelfClosed {
            isSelfClosed = false
            open.removeLast()
            return .end
        }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                let text = try text()
                if !open.isEmpty { return .text(text) }
                guard text.allSatisfy(\.isXMLSpace) else { throw .malformed }
                continue
            }
            if skip("<!--") {
                try skipPast("-->")
            } else if skip("<?") {
                try skipPast("?>")
            } else if skip("<![CDATA[") {
                guard !open.isEmpty else { throw .malformed }
                let start = index
                try skipPast("]]>")
                return .text(Array(bytes[start..<(index - 3)]))
            } else if skip("<!") {
                throw .documentType
            } else if skip("</") {
                return try endTag()
            } else {
                index += 1
                return try startTag()
            }
        }
        guard open.isEmpty, hasRoot else { throw .malformed }
        return .finished
    }

    private mutating func startTag() throws(XMLFailure) -> Event {
        guard !open.isEmpty || !hasRoot else { throw .malformed }
        guard open.count < depthLimit else { throw .tooLarge }
        let name = try name()
        hasRoot = true
        open.append(name)
        try skipAttributes()
        let local = bytes[name].lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? name.lowerBound
        guard local < name.upperBound else { throw .malformed }
        return .start(String(decoding: bytes[local..<name.upperBound], as: UTF8.self))
    }

    private mutating func endTag() throws(XMLFailure) -> Event {
        let name = try name()
        while index < bytes.count, bytes[index].isXMLSpace { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ">"), let opened = open.popLast(),
            bytes[opened] == bytes[name]
        else { throw .malformed }
        index += 1
        return .end
    }

    /// Up to and including the `>` that ends a start tag.
    private mutating func skipAttributes() throws(XMLFailure) {
        var quote: UInt8 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if quote != 0 {
                if byte == quote { quote = 0 }
                guard byte != UInt8(ascii: "<"), byte != 0 else { throw .malformed }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "<"), 0: throw .malformed
            case UInt8(ascii: ">"):
                isSelfClosed = bytes[index - 2] == UInt8(ascii: "/")
                return
            default: break
            }
        }
        throw .malformed
    }

    private mutating func name() throws(XMLFailure) -> Range<Int> {
        let start = index
        while index < bytes.count, bytes[index].isXMLName { index += 1 }
        guard index > start, !bytes[start].isDigit, bytes[start] != UInt8(ascii: "-"), bytes[start] != UInt8(ascii: ".")
        else { throw .malformed }
        return start..<index
    }

    /// Text up to the next `<`, entities decoded.
    private mutating func text() throws(XMLFailure) -> [UInt8] {
        var out: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "<") {
            let byte = bytes[index]
            guard byte >= 0x20 || byte.isXMLSpace else { throw .malformed }
            index += 1
            if byte == UInt8(ascii: "&") { try entity(into: &out) } else { out.append(byte) }
        }
        return out
    }

    private mutating func entity(into out: inout [UInt8]) throws(XMLFailure) {
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: ";"), index - start <= 10 { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ";") else { throw .malformed }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        index += 1
        switch name {
        case "lt": out.append(UInt8(ascii: "<"))
        case "gt": out.append(UInt8(ascii: ">"))
        case "amp": out.append(UInt8(ascii: "&"))
        case "quot": out.append(UInt8(ascii: "\""))
        case "apos": out.append(UInt8(ascii: "'"))
        default:
            let isHex = name.hasPrefix("#x")
            let digits = name.dropFirst(isHex ? 2 : 1)
            guard name.hasPrefix("#"), digits.utf8.allSatisfy({ $0.hexDigit != nil }),
                let number = UInt32(digits, radix: isHex ? 16 : 10), number >= 0x20 || [9, 10, 13].contains(number),
                let scalar = Unicode.Scalar(number)
            else { throw .malformed }
            out += Array(String(Character(scalar)).utf8)
        }
    }

    /// Steps over `text` when it stands here.
    @discardableResult
    private mutating func skip(_ text: String) -> Bool {
        guard bytes[index...].starts(with: text.utf8) else { return false }
        index += text.utf8.count
        return true
    }

    private mutating func skipPast(_ text: String) throws(XMLFailure) {
        while index < bytes.count {
            if skip(text) { return }
            index += 1
        }
        throw .malformed
    }
}

extension UInt8 {
    fileprivate var isXMLSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }

    /// Letters, digits, `_-.:` and every byte of a multi-byte character.
    fileprivate var isXMLName: Bool { self >= 0x80 || self == UInt8(ascii: ":") || (isUnreserved && self != 0x7e) }
}
