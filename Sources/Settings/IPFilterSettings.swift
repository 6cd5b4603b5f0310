import ConfigSchema
import Exchange

/// `buckets[].ip_filter`: from which addresses the bucket may be read.
package struct IPFilterSettings: SettingsSection {
    package var allowlist: [AddressBlock] = []
    package var blocklist: [AddressBlock] = []

    package init() {}

    package static let title = "IP filter"
    package static let prose =
        "From which addresses the bucket may be read, else 403; the address is the client's, as `server.trusted_proxies` tell it."
    package static let fields: [Field<IPFilterSettings>] = [
        Field(
            "allowlist", \.allowlist, atMost: 10_000,
            "Addresses and blocks that alone may read; empty, all may but those of `blocklist`.",
            examples: ["192.0.2.0/24"]
        ).refusingNull("name who may read, or take the key out"),
        Field(
            "blocklist", \.blocklist, atMost: 10_000,
            "Addresses and blocks that may not read, unless `allowlist` has them.", examples: ["2001:db8::/32"]),
    ]
}
