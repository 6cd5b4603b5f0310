import ConfigSchema

/// `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 3986 §3.2.2), without user information.
package struct HostAndPort: TextSetting {
    /// Lower-case; an IPv6 address without its brackets.
    package var host: String
    package var port: UInt16?
    package var isIPAddress: Bool

    package static let rule = TextRule(
        pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]+)?$",
        expectation: "a host, perhaps with a port, such as `host:6379` or `[2001:db8::1]:6379`"
    ) { HostAndPort($0) != nil }

    package var text: String { (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "") }

    /// Nil when the text is something else.
    package init?(_ text: String) {
        var rest = Substring(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            guard let address = IPAddress(String(text[...end])) else { return nil }
            host = address.text
            isIPAddress = true
            rest = text[text.index(after: end)...]
        } else {
            let name = text.prefix { $0 != ":" }
            guard Self.isHostName(name) else { return nil }
            host = name.lowercased()
            isIPAddress = IPAddress(host) != nil
            rest = text[name.endIndex...]
        }
        guard !rest.isEmpty else { return }
        let digits = rest.dropFirst()
        guard rest.first == ":", !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(digits), number > 0
        else { return nil }
        port = number
    }

    /// Labels of letters, digits, hyphens and underscores: the last are common between containers.
    private static func isHostName(_ name: Substring) -> Bool {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            }
    }
}
