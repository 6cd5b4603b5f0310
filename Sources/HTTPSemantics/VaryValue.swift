/// Bringing a request field that Vary names into the form in which two requests are compared (RFC 9111 §4.1).
package enum VaryValue {
    /// Appends one field line to `value`, which holds the lines of the same name before it.
    ///
    /// Lines are combined, and each comma outside of quotes is followed by one space and preceded by none; nothing else
    /// is changed. A line without content adds nothing. An absent field has no value, not an empty one: it matches only
    /// where it is absent too.
    package static func append(_ line: Span<UInt8>, to value: inout [UInt8]) {
        let content = line.trimmed(0..<line.count)
        guard !content.isEmpty else { return }
        if !value.isEmpty { value.append(", ") }
        var isQuoted = false
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = line[index]
            index += 1
            if byte == UInt8(ascii: ","), !isQuoted {
                while let last = value.last, last.isOptionalWhiteSpace { value.removeLast() }
                value.append(", ")
                while index < content.upperBound, line[index].isOptionalWhiteSpace { index += 1 }
                continue
            }
            value.append(byte)
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: "\\"), isQuoted, index < content.upperBound {
                value.append(line[index])
                index += 1
            }
        }
        while let last = value.last, last.isOptionalWhiteSpace { value.removeLast() }
    }
}
