import ConfigSchema

/// `cache.redis.sentinel`: who knows which server is the master at the moment.
package struct SentinelSettings: SettingsSection {
    /// Nil, as the nodes are empty then: there is no Sentinel.
    package var masterName: String?
    /// Without a port: 26379.
    package var nodes: [HostAndPort] = []

    package init() {}

    package static let title = "Sentinel"
    package static let prose = "The Sentinels that know which server is the master at the moment."
    package static let fields: [Field<SentinelSettings>] = [
        Field("master_name", \.masterName, nameRule, "What the Sentinels call the master.", examples: ["mymaster"]),
        Field(
            "nodes", \.nodes, atMost: 100, "Where Sentinels are; without a port, 26379.",
            examples: ["sentinel-1:26379"]),
    ]

    /// The names that Sentinel takes.
    private static let nameRule = TextRule(
        pattern: "^[A-Za-z0-9._-]{1,128}$", expectation: "1 to 128 letters, digits, `.`, `_` and `-`"
    ) { name in
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    package func check(_ report: inout SectionReport) {
        switch (masterName, nodes.isEmpty) {
        case (nil, false): report.error(at: "master_name", "is required with `nodes`")
        case (.some, true): report.error(at: "nodes", "is required with `master_name`", hint: "name one at least")
        case (nil, true), (.some, false): break
        }
    }
}
