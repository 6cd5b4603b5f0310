/// What an excerpt may show. All else in a document is masked: a value is shown because a field vouched for it, never
/// because nobody objected.
struct Disclosure: Sendable {
    /// Keys that the schema knows, and unknown ones that cannot be secrets.
    var keys: Set<Extent> = []
    /// Values of fields that hold no secret.
    var values: Set<Extent> = []
    /// Values that some field holds as a secret; an alias can make one of them a plain field's value too.
    var hidden: Set<Extent> = []
    /// Lines with an unknown key: their values are masked, since nobody knows what was meant.
    var closedLines: Set<Int> = []

    func shows(_ extent: Extent, onLine line: Int) -> Bool {
        keys.contains(extent) || values.contains(extent) && !hidden.contains(extent) && !closedLines.contains(line)
    }

    /// True for a text that is one reference and nothing else: it names a variable and holds no value.
    static func isReference(_ text: String) -> Bool {
        guard text.hasPrefix("${"), text.hasSuffix("}") else { return false }
        let name = text.utf8.dropFirst(2).dropLast()
        return !name.isEmpty
            && name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    /// True for a text that may be shown as the value of a plain setting: short, one word, nothing that smells of a
    /// user's name and password in a URL, of a query, or of a key that was pasted into the wrong setting.
    static func isHarmless(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= 80, bytes.allSatisfy({ plainBytes.contains($0) }) else { return false }
        let runs = bytes.split { !isKeyByte($0) }
        return !runs.contains { $0.count >= 16 && looksRandom($0) }
    }

    private static let plainBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/*+-,${}[]".utf8)

    /// A byte of base64 and base64url.
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x2D, 0x5F: true
        default: false
        }
    }

    /// Access keys are capitals with digits; secret keys and tokens mix both cases with digits.
    private static func looksRandom(_ run: ArraySlice<UInt8>) -> Bool {
        let hasUpper = run.contains { (0x41...0x5A).contains($0) }
        let hasLower = run.contains { (0x61...0x7A).contains($0) }
        let hasDigit = run.contains { (0x30...0x39).contains($0) }
        if hasUpper && hasLower && hasDigit { return true }
        return hasUpper && !hasLower && (run.starts(with: Array("AKIA".utf8)) || run.starts(with: Array("ASIA".utf8)))
    }
}
