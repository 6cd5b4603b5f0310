/// A YAML text with the line numbers that libyaml counts.
///
/// libyaml ends a line at LF, CR, CRLF, NEL, LS and PS (YAML 1.1 §5.4); an excerpt that split lines in another way
/// would show, and mask, the wrong line. Lines and columns count from 0, columns in Unicode scalars, as libyaml's
/// marks do.
struct SourceText: Sendable {
    /// What stands before the colon of a diagnostic: the path of the file, or a name for a text without one.
    let name: String
    /// Valid UTF-8 without a byte order mark.
    let bytes: [UInt8]
    /// The byte range of each line, without its line break.
    private let lines: [Range<Int>]

    /// Nil when `bytes` is not UTF-8.
    init?(name: String, bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        self.name = name
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        self.lines = Self.split(self.bytes)
    }

    var lineCount: Int { lines.count }

    /// A longer line, in bytes, is not shown: no hand wrote it, and a hundred excerpts of it would take long.
    static let lineLimit = 16_384

    /// The scalars of a line; empty for a line that is not there or longer than `lineLimit`.
    func line(_ number: Int) -> [Unicode.Scalar] {
        guard lines.indices.contains(number), lines[number].count <= Self.lineLimit else { return [] }
        return Array(String(decoding: bytes[lines[number]], as: UTF8.self).unicodeScalars)
    }

    /// The mark of the byte at `offset`.
    func mark(atByte offset: Int) -> Mark {
        let number = lines.lastIndex { $0.lowerBound <= offset } ?? 0
        guard lines.indices.contains(number) else { return Mark(line: 0, column: 0) }
        let end = min(offset, lines[number].upperBound)
        let before = String(decoding: bytes[lines[number].lowerBound..<end], as: UTF8.self)
        return Mark(line: number, column: before.unicodeScalars.count)
    }

    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        var position = 0
        while position < bytes.count {
            let length = lineBreakLength(bytes, position)
            if length > 0 {
                lines.append(start..<position)
                start = position + length
            }
            position += max(1, length)
        }
        lines.append(start..<bytes.count)
        return lines
    }

    private static func lineBreakLength(_ bytes: [UInt8], _ position: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }
        switch byte(0) {
        case 0x0A: return 1
        case 0x0D: return byte(1) == 0x0A ? 2 : 1
        case 0xC2: return byte(1) == 0x85 ? 2 : 0
        case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
        default: return 0
        }
    }
}
