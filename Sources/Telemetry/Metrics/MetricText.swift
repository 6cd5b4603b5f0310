import Exchange
import NIOCore

/// The pieces of Prometheus' text format 0.0.4.
enum MetricText {
    /// A label value with backslash, quote and line feed escaped. Other control bytes may stand there by the format.
    static func escapedLabel(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func writeHead(of family: MetricFamily, to out: inout ByteBuffer) {
        out.writeStaticString("# HELP ")
        out.writeString(family.name)
        out.writeStaticString(" ")
        out.writeStaticString(family.help)
        out.writeStaticString("\n# TYPE ")
        out.writeString(family.name)
        out.writeStaticString(" ")
        out.writeString(family.kind.rawValue)
        out.writeStaticString("\n")
    }

    /// Writes `name{labels,extra} ` up to the value.
    static func writeName(
        _ name: String, _ suffix: StaticString, labels: String, extra: String, to out: inout ByteBuffer
    ) {
        out.writeString(name)
        out.writeStaticString(suffix)
        if !labels.isEmpty || !extra.isEmpty {
            out.writeStaticString("{")
            out.writeString(labels)
            if !labels.isEmpty && !extra.isEmpty { out.writeStaticString(",") }
            out.writeString(extra)
            out.writeStaticString("}")
        }
        out.writeStaticString(" ")
    }

    static func write(_ number: UInt64, to out: inout ByteBuffer) {
        if let small = Int64(exactly: number) { out.writeDecimal(small) } else { out.writeString(String(number)) }
    }

    /// Writes a number; whole ones without exponent or fraction.
    static func write(_ number: Double, to out: inout ByteBuffer) {
        if let whole = Int64(exactly: number) { out.writeDecimal(whole) } else { out.writeString("\(number)") }
    }

    /// Nanoseconds as seconds, exact and without trailing zeros.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let (whole, part) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard part > 0 else { return String(whole) }
        var digits = String(part)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
