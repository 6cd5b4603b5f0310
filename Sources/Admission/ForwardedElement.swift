import Exchange
import HTTPSemantics

/// One element of a `Forwarded` field: pairs of token and value with `;` between them (RFC 7239 §4).
enum ForwardedElement {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Where the element begins that ends before `end`: behind the nearest comma that is not quoted. Nil when a quoted
    /// string has no beginning.
    ///
    /// Read backwards, so that no quotation mark of a stranger can reach over what a trusted hop wrote behind it.
    static func start(in line: Span<UInt8>, before end: Int) -> Int? {
        var isQuoted = false
        var index = end
        while index > 0 {
            let byte = line[index - 1]
            if byte == quote, !isQuoted || !isEscaped(line, index - 1) { isQuoted.toggle() }
            if byte == UInt8(ascii: ","), !isQuoted { return index }
            index -= 1
        }
        return isQuoted ? nil : 0
    }

    /// Whether an odd number of backslashes stands before the byte.
    private static func isEscaped(_ line: Span<UInt8>, _ position: Int) -> Bool {
        var start = position
        while start > 0, line[start - 1] == backslash { start -= 1 }
        return !(position - start).isMultiple(of: 2)
    }

    /// The address that `for` names; nil when it names none or the element is malformed.
    static func address(_ element: Span<UInt8>) -> NumericAddress? {
        let whole = element.trimmed(0..<element.count)
        var found: NumericAddress?
        var index = whole.lowerBound
        while index < whole.upperBound {
            let nameStart = index
            while index < whole.upperBound, isTokenByte(element[index]) { index += 1 }
            let name = nameStart..<index
            guard !name.isEmpty, index < whole.upperBound, element[index] == UInt8(ascii: "=") else { return nil }
            guard let value = value(in: element, from: index + 1, to: whole.upperBound) else { return nil }
            if isFor(element.extracting(name)) {
                guard found == nil, let address = NodeName.address(element.extracting(value.text)) else { return nil }
                found = address
            }
            index = value.end
            guard index < whole.upperBound else { break }
            guard element[index] == UInt8(ascii: ";"), index + 1 < whole.upperBound else { return nil }
            index += 1
        }
        return found
    }

    /// A token or a quoted string, whose inside is the text.
    private static func value(in element: Span<UInt8>, from start: Int, to end: Int) -> (text: Range<Int>, end: Int)? {
        guard start < end else { return nil }
        var index = start
        guard element[start] == quote else {
            while index < end, isTokenByte(element[index]) { index += 1 }
            return index > start ? (start..<index, index) : nil
        }
        index += 1
        while index < end, element[index] != quote {
            index += element[index] == backslash ? 2 : 1
        }
        return index < end ? ((start + 1)..<index, index + 1) : nil
    }

    private static func isFor(_ name: Span<UInt8>) -> Bool {
        name.count == 3 && name[0] | 0x20 == UInt8(ascii: "f") && name[1] | 0x20 == UInt8(ascii: "o")
            && name[2] | 0x20 == UInt8(ascii: "r")
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
        default: false
        }
    }
}
