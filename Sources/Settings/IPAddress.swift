import ConfigSchema
import Glibc

/// An IPv4 or IPv6 address; never a name, and without a scope: both would need the system's resolver.
package struct IPAddress: TextSetting {
    /// As written, without brackets.
    package let text: String
    package let isIPv6: Bool

    /// Every IPv4 address of the machine.
    package static let any = IPAddress(text: "0.0.0.0", isIPv6: false)

    /// True for the addresses that stand for every address of the machine.
    package var isUnspecified: Bool { text == "0.0.0.0" || text.utf8.allSatisfy { $0 == 0x3A || $0 == 0x30 } }

    package static let rule = TextRule(
        pattern: "^([0-9]+(\\.[0-9]+){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*|\\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\\])$",
        expectation: "an IP address such as `0.0.0.0`, `127.0.0.1` or `::`"
    ) { IPAddress($0) != nil }

    /// Takes `[::1]` as well as `::1`; nil for anything that is no address.
    package init?(_ text: String) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let address = isBracketed ? String(text.dropFirst().dropLast()) : text
        guard !address.utf8.contains(0) else { return nil }
        var wide = in6_addr()
        var narrow = in_addr()
        let isIPv6 = unsafe inet_pton(AF_INET6, address, &wide) == 1
        let isIPv4 = unsafe inet_pton(AF_INET, address, &narrow) == 1
        guard isIPv6 || isIPv4 && !isBracketed else { return nil }
        self.init(text: address, isIPv6: isIPv6)
    }

    private init(text: String, isIPv6: Bool) {
        self.text = text
        self.isIPv6 = isIPv6
    }
}
