import ConfigSchema

/// `jwt.claims[]` and `jwt.admin_claims[]`: what a token must say, beside being good (JWT-7).
package struct ClaimRuleSettings: SettingsSection {
    package enum Operator: String, ChoiceSetting {
        case equals
        case notEquals = "not_equals"
        case `in`
        case contains, gt, lt, gte, lte, exists
        case notExists = "not_exists"
    }

    package var claim = ""
    package var comparison = Operator.equals
    package var value: PlainValue?

    package init() {}

    package static let title = "Claim rules"
    package static let prose = "What a token must say; all of these must hold."
    package static let fields: [Field<ClaimRuleSettings>] = [
        Field(
            "claim", \.claim, .any, isRequired: true,
            "Name of the claim; dots lead into objects, unless a claim has just that name.",
            examples: ["role", "realm_access.roles"]),
        Field(
            "operator", \.comparison,
            "How the claim is compared: `in` wants it, or one of its items, to be one of a list; `contains` wants it to hold the value (an array an item, a string a part); `not_equals` and `not_exists` hold where the claim is absent."
        ),
        Field("value", plain: \.value, atMost: 1_000, "What it is compared with; none with `exists` and `not_exists`."),
    ]

    package func check(_ report: inout SectionReport) {
        switch (comparison, value) {
        case (.exists, nil), (.notExists, nil): break
        case (.exists, _), (.notExists, _):
            report.error(at: "value", "has no use with `operator: \(comparison.rawValue)`")
        case (_, nil): report.error(at: "value", "is required with `operator: \(comparison.rawValue)`")
        case (.in, .list(let values)):
            if values.isEmpty { report.error(at: "value", "must have at least 1 item") }
        case (.in, _): report.error(at: "value", "must be a list with `operator: in`")
        case (.gt, .integer), (.gt, .fraction), (.lt, .integer), (.lt, .fraction), (.gte, .integer),
            (.gte, .fraction), (.lte, .integer), (.lte, .fraction):
            break
        case (.gt, _), (.lt, _), (.gte, _), (.lte, _):
            report.error(at: "value", "must be a number with `operator: \(comparison.rawValue)`")
        case (.notEquals, .list):
            report.error(at: "value", "must not be a list with `operator: not_equals`", hint: "write a rule for each")
        case (.equals, _), (.notEquals, _), (.contains, _): break
        }
    }
}
