import Exchange

/// The name of a hop: an address, IPv6 in brackets where a port may follow (RFC 7239 §6).
enum NodeName {
    /// Takes `a.b.c.d`, `a.b.c.d:port`, `[v6]`, `[v6]:port`, and IPv6 without brackets, as `X-Forwarded-For` has it.
    /// Nil for anything else: `unknown`, obfuscated identifiers, names.
    static func address(_ text: Span<UInt8>) -> NumericAddress? {
        guard text.count > 0 else { return nil }
        if text[0] == UInt8(ascii: "[") {
            var end = 1
            while end < text.count, text[end] != UInt8(ascii: "]") { end += 1 }
            guard end < text.count, isPort(text.extracting((end + 1)...)) else { return nil }
            return NumericAddress(ipv6: text.extracting(1..<end))
        }
        if let address = NumericAddress(text) { return address }
        var end = 0
        while end < text.count, text[end] != UInt8(ascii: ":") { end += 1 }
        return isPort(text.extracting(end...)) ? NumericAddress(ipv4: text.extracting(0..<end)) : nil
    }

    /// Nothing, or a colon and a port of five digits at most, or an obfuscated one.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return true }
        guard text[0] == UInt8(ascii: ":"), text.count > 1 else { return false }
        if text[1] == UInt8(ascii: "_") { return isObfuscated(text.extracting(droppingFirst: 1)) }
        guard text.count <= 6 else { return false }
        for index in 1..<text.count where !(0x30...0x39).contains(text[index]) { return false }
        return true
    }

    private static func isObfuscated(_ text: Span<UInt8>) -> Bool {
        guard text.count > 1 else { return false }
        for index in text.indices {
            switch text[index] {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: continue
            default: return false
            }
        }
        return true
    }
}
