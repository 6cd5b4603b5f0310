/// The line that begins a chunk: a size in hexadecimal digits and extensions, taken byte by byte (RFC 9112 §7.1).
///
/// White space before the extensions' semicolon is refused although the grammar knows it: other parsers read such a
/// line differently.
struct ChunkSize: Sendable, Equatable {
    private enum Part: Sendable { case digits, extensions, lineFeed, complete }

    /// So many digits hold any size that fits; a longer row of zeros is refused as well.
    private static let maxDigits = 16
    /// Bytes of one line's extensions.
    private static let maxExtensionLength = 1024

    private(set) var value: Int64 = 0
    private(set) var extensionLength = 0
    private var digits = 0
    private var part = Part.digits

    var isComplete: Bool { part == .complete }

    mutating func take(_ byte: UInt8) throws(WireFailure) {
        switch part {
        case .digits: try takeDigit(byte)
        case .extensions: try takeExtension(byte)
        case .lineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .malformed(.bareCarriageReturn) }
            part = .complete
        case .complete: break
        }
    }

    private mutating func takeDigit(_ byte: UInt8) throws(WireFailure) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case 0x41...0x46: digit = byte - 0x37
        case 0x61...0x66: digit = byte - 0x57
        default:
            guard digits > 0 else { throw .malformed(.badChunk) }
            return try takeExtension(byte, opens: true)
        }
        digits += 1
        guard digits <= Self.maxDigits, value <= Int64.max >> 4 else { throw .malformed(.badChunk) }
        value = value << 4 | Int64(digit)
    }

    private mutating func takeExtension(_ byte: UInt8, opens: Bool = false) throws(WireFailure) {
        switch byte {
        case UInt8(ascii: "\r"):
            part = .lineFeed
        case UInt8(ascii: "\n"):
            throw .malformed(.bareLineFeed)
        case UInt8(ascii: "\t") where !opens, 0x20...0x7e where !opens, 0x80... where !opens, UInt8(ascii: ";"):
            part = .extensions
            extensionLength += 1
            guard extensionLength <= Self.maxExtensionLength else { throw .malformed(.badChunk) }
        default:
            throw .malformed(opens ? .badChunk : .controlByte)
        }
    }
}
