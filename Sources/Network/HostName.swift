/// A host name in the one spelling that caches and questions use: lower case, checked.
package struct HostName: Hashable, Sendable {
    /// A final dot is kept: it makes the name absolute (no search list, RFC 1535).
    package let text: String

    /// Accepts letters, digits, `-` and `_` in labels of 1 to 63 bytes, 253 bytes in all (RFC 1123 §2.1, RFC 1035
    /// §2.3.4). Nil for anything else, also when the last label is a number: such a text is meant as an IPv4 address,
    /// and what `inet_pton` refuses must not become a question (WHATWG URL §3.5 "ends in a number"). International
    /// names must come in their ASCII form (RFC 5890).
    package init?(_ name: String) {
        let utf8 = name.utf8
        var label = 0
        var labelIsNumber = true
        var lastIsNumber = false
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "."):
                guard label > 0 else { return nil }
                lastIsNumber = labelIsNumber
                label = 0
                labelIsNumber = true
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                label += 1
                if !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { labelIsNumber = false }
                guard label <= 63 else { return nil }
            default:
                return nil
            }
        }
        if label > 0 { lastIsNumber = labelIsNumber }
        guard !utf8.isEmpty, !lastIsNumber, utf8.count - (label == 0 ? 1 : 0) <= 253 else { return nil }
        text = name.lowercased()
    }

    /// The name without the final dot, as hosts files and certificates spell it.
    package var relative: String { text.hasSuffix(".") ? String(text.dropLast()) : text }

    /// `localhost` and every name below it mean this machine and are never asked of a name server (RFC 6761 §6.3).
    package var isLocalhost: Bool {
        let name = relative
        return name == "localhost" || name.hasSuffix(".localhost")
    }
}
