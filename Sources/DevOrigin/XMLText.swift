import NIOCore

/// Writing XML 1.0: elements and escaped text, as S3's documents have them.
extension ByteBuffer {
    mutating func writeXMLDeclaration() {
        writeStaticString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    /// Appends `<name>text</name>`.
    mutating func writeElement(_ name: StaticString, _ text: String) {
        writeElement(name, bytes: Array(text.utf8))
    }

    /// Appends `<name>text</name>`; what is no UTF-8 becomes replacement characters.
    mutating func writeElement(_ name: StaticString, bytes: [UInt8]) {
        writeStaticString("<")
        writeStaticString(name)
        writeStaticString(">")
        writeXMLText(String(decoding: bytes, as: UTF8.self))
        writeStaticString("</")
        writeStaticString(name)
        writeStaticString(">")
    }

    /// Control characters, which XML 1.0 cannot hold, are written as references, as S3 does.
    private mutating func writeXMLText(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): writeStaticString("&amp;")
            case UInt8(ascii: "<"): writeStaticString("&lt;")
            case UInt8(ascii: ">"): writeStaticString("&gt;")
            case UInt8(ascii: "\""): writeStaticString("&quot;")
            case ..<0x20, 0x7f: writeString("&#x\(String(byte, radix: 16));")
            default: writeInteger(byte)
            }
        }
    }
}
