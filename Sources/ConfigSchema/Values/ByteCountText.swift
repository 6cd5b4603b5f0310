/// The unit of an integer that stands for a size: bytes, unless the key's name ends in `_mb` (mebibytes, as ever).
package enum ByteUnit: String, Sendable {
    case bytes, mebibytes

    init(key: String) { self = key.hasSuffix("_mb") ? .mebibytes : .bytes }

    var inBytes: Int { self == .bytes ? 1 : 1_048_576 }
}

/// Sizes as a configuration writes them: `64KiB`, `10MiB`, `1GiB`, and the decimal `KB`, `MB`, `GB`.
enum ByteCountText {
    static let pattern = "[0-9]+(KiB|MiB|GiB|TiB|KB|MB|GB|TB)"

    private static let units: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]

    /// Bytes; nil when the text is no size, `Int.max` when it is one that does not fit.
    static func bytes(_ text: String) -> Int? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let digits = text.dropLast(unit.suffix.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return clampedProduct(Int(digits) ?? .max, unit.bytes)
    }

    /// The shortest exact way to write a size.
    static func describe(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.prefix(4).last(where: { bytes % $0.bytes == 0 }) else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.suffix)"
    }
}
