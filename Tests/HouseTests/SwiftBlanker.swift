/// Blanks comments and the inside of string literals of Swift text, keeping every line and column where it was.
///
/// It knows line comments, nested block comments, string literals of one and of several lines, raw strings and
/// interpolations (blanked with their string). Regex literals are read as code. It works on bytes, one blank for each.
struct SwiftBlanker {
    private let input: [UInt8]
    private var output: [UInt8] = []
    private var index = 0
    private static let newline = UInt8(ascii: "\n")

    static func blank(_ text: String) -> String {
        var blanker = SwiftBlanker(input: Array(text.utf8))
        while blanker.index < blanker.input.count { blanker.step() }
        return String(decoding: blanker.output, as: UTF8.self)
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private mutating func step() {
        if isNext("//") {
            while index < input.count, input[index] != Self.newline { skip() }
        } else if isNext("/*") {
            skipBlockComment()
        } else if let delimiter = stringDelimiter() {
            skipString(delimiter)
        } else {
            output.append(input[index])
            index += 1
        }
    }

    private func isNext(_ text: String, at offset: Int = 0) -> Bool {
        var position = index + offset
        for byte in text.utf8 {
            guard position < input.count, input[position] == byte else { return false }
            position += 1
        }
        return true
    }

    /// Leaves a blank where a byte was; newlines stay.
    private mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where index < input.count {
            output.append(input[index] == Self.newline ? Self.newline : UInt8(ascii: " "))
            index += 1
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                skip(2)
            } else if isNext("*/") {
                depth -= 1
                skip(2)
            } else {
                skip()
            }
        } while depth > 0 && index < input.count
    }

    private struct Delimiter {
        var hashes: Int
        var isMultiline: Bool
        var opening: Int { hashes + (isMultiline ? 3 : 1) }
        var closing: String { (isMultiline ? "\"\"\"" : "\"") + String(repeating: "#", count: hashes) }
        var escape: String { "\\" + String(repeating: "#", count: hashes) }
    }

    private func stringDelimiter() -> Delimiter? {
        var hashes = 0
        while isNext("#", at: hashes) { hashes += 1 }
        guard isNext("\"", at: hashes) else { return nil }
        return Delimiter(hashes: hashes, isMultiline: isNext("\"\"\"", at: hashes))
    }

    private mutating func skipString(_ delimiter: Delimiter) {
        skip(delimiter.opening)
        while index < input.count, !isNext(delimiter.closing) {
            if isNext(delimiter.escape + "(") {
                skip(delimiter.escape.count)
                skipInterpolation()
            } else if isNext(delimiter.escape) {
                skip(delimiter.escape.count + 1)
            } else if input[index] == Self.newline, !delimiter.isMultiline {
                return
            } else {
                skip()
            }
        }
        skip(delimiter.closing.count)
    }

    private mutating func skipInterpolation() {
        var depth = 0
        repeat {
            if let delimiter = stringDelimiter() {
                skipString(delimiter)
                continue
            }
            if isNext("(") { depth += 1 }
            if isNext(")") { depth -= 1 }
            skip()
        } while depth > 0 && index < input.count
    }
}
