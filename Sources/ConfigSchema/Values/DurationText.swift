/// The unit of an integer that stands for a time: seconds, unless the key's name ends in another.
package enum DurationUnit: String, Sendable {
    case milliseconds, seconds

    init(key: String) { self = key.hasSuffix("_ms") ? .milliseconds : .seconds }

    var inMilliseconds: Int { self == .milliseconds ? 1 : 1_000 }
}

/// Times as a configuration writes them: `250ms`, `30s`, `5m`, `1h`.
enum DurationText {
    static let pattern = "[0-9]+(ms|s|m|h)"

    private static let units: [(suffix: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]

    /// Milliseconds; nil when the text is no time, `Int.max` when it is one that does not fit.
    static func milliseconds(_ text: String) -> Int? {
        for unit in units {
            guard text.hasSuffix(unit.suffix) else { continue }
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
            return clampedProduct(Int(digits) ?? .max, unit.milliseconds)
        }
        return nil
    }

    /// The shortest way to write a time.
    static func describe(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        guard milliseconds != 0 else { return "0" }
        let unit = units.last { milliseconds % $0.milliseconds == 0 } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

/// `left * right` for factors that are not negative, `Int.max` where that overflows.
func clampedProduct(_ left: Int, _ right: Int) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? .max : product
}

extension Duration {
    /// Milliseconds, rounded down; bounded to what fits.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        return Int(clamping: product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue)
    }
}
