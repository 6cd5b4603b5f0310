/// What an unquoted scalar is by YAML 1.2's core schema (§10.3.2): `no`, `on` and `1:30` are strings there.
enum PlainKind: Sendable, Equatable {
    case null, boolean, integer, float, string

    init(_ text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
        case ".nan", ".NaN", ".NAN": self = .float
        default:
            let bytes = Array(text.utf8)
            self = Self.isInteger(bytes) ? .integer : Self.isFloat(bytes) ? .float : .string
        }
    }

    var name: String {
        switch self {
        case .null: "nothing"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .float: "a fraction"
        case .string: "a string"
        }
    }

    /// The number that an integer's text stands for; nil where it is none, or does not fit.
    static func integer(_ text: String) -> Int? {
        guard isInteger(Array(text.utf8)) else { return nil }
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8) }
        return Int(text)
    }

    private static func isInteger(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: Array("0x".utf8)) {
            return bytes.count > 2 && bytes.dropFirst(2).allSatisfy { isDigit($0) || isHexLetter($0) }
        }
        if bytes.starts(with: Array("0o".utf8)) {
            return bytes.count > 2 && bytes.dropFirst(2).allSatisfy { (0x30...0x37).contains($0) }
        }
        let digits = unsigned(bytes[...])
        return !digits.isEmpty && digits.allSatisfy(isDigit)
    }

    private static func isFloat(_ bytes: [UInt8]) -> Bool {
        var rest = unsigned(bytes[...])
        if [".inf", ".Inf", ".INF"].contains(where: { rest.elementsEqual($0.utf8) }) { return true }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return false }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        let exponent = unsigned(rest.dropFirst())
        return !exponent.isEmpty && exponent.allSatisfy(isDigit)
    }

    private static func unsigned(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexLetter(_ byte: UInt8) -> Bool {
        (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
