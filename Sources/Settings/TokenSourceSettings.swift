import ConfigSchema

/// `jwt.token_sources[]`: a place of a request where its token may stand.
package struct TokenSourceSettings: SettingsSection {
    package enum Kind: String, ChoiceSetting { case bearer, header, query }

    package var kind = Kind.bearer
    package var name: String?
    package var prefix: String?

    package init() {}

    package static let title = "Token sources"
    package static let prose = "Where a request's token may stand; the first place that holds one counts."
    package static let fields: [Field<TokenSourceSettings>] = [
        Field("type", \.kind, "`bearer` is `Authorization: Bearer …`, `header` another field, `query` a parameter."),
        Field(
            "name", \.name, nameRule, "Name of the header field (in any case) or of the parameter.",
            examples: ["X-Auth-Token"]),
        Field("prefix", \.prefix, .any, "What stands before the token in the field.", examples: ["Token "]),
    ]

    private static let nameRule = TextRule(
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$", expectation: "a name of letters, digits, `-` and `_`"
    ) { name in
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { isAlphanumeric($0) || "!#$%&'*+.^_`|~-".utf8.contains($0) }
    }

    package func check(_ report: inout SectionReport) {
        switch kind {
        case .bearer:
            if name != nil { report.error(at: "name", "has no use with `type: bearer`", hint: "say `type: header`") }
            if prefix != nil { report.error(at: "prefix", "has no use with `type: bearer`") }
        case .header: if name == nil { report.error(at: "name", "is required with `type: header`") }
        case .query:
            if name == nil { report.error(at: "name", "is required with `type: query`") }
            if prefix != nil { report.error(at: "prefix", "has no use with `type: query`") }
        }
    }
}
