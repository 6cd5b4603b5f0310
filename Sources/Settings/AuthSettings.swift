import ConfigSchema

/// `buckets[].auth`: who may read the bucket.
package struct AuthSettings: SettingsSection {
    package enum Provider: String, ChoiceSetting { case jwt, opa, openfga }

    package var isEnabled = false
    package var provider = Provider.jwt
    package var jwt = Override<JWTSettings>()
    package var opa = OPASettings()
    package var openFGA = OpenFGASettings()

    package init() {}

    /// Whether readers pass when nobody can decide.
    package var opensWhenUndecided: Bool {
        guard isEnabled else { return false }
        switch provider {
        case .jwt: return false
        case .opa: return opa.failMode == .open
        case .openfga: return openFGA.failMode == .open
        }
    }

    package static let title = "Authentication"
    package static let prose = "Who may read the bucket; left out, everybody."
    package static let fields: [Field<AuthSettings>] = [
        Field("enabled", required: \.isEnabled, "Only requests with a good token are served."),
        Field(
            "provider", \.provider,
            "Who decides: `jwt` lets every good token pass that fulfils its claim rules; `opa` and `openfga` are asked about it beside."
        ),
        Field(
            "jwt", override: \.jwt, without: ["admin_claims"],
            "Keys that replace those of `jwt` for this bucket. Naming a secret, a key or an algorithm replaces all of these."
        ),
        Field("opa", section: \.opa),
        Field("openfga", section: \.openFGA),
    ]

    package func check(_ report: inout SectionReport) {
        guard isEnabled else { return }
        // A provider that is described and not asked would let everybody with a token pass.
        for (other, isGiven) in [(Provider.opa, opa != OPASettings()), (.openfga, openFGA != OpenFGASettings())]
        where isGiven && provider != other {
            report.error(
                at: "\(other)", "has no use with `provider: \(provider)`",
                hint: "say `provider: \(other)`, or take it out")
        }
        let missing =
            switch provider {
            case .jwt: [String]()
            case .opa: opa.missing
            case .openfga: openFGA.missing
            }
        for key in missing {
            report.error(at: "\(provider).\(key)", "is required with `provider: \(provider)`")
        }
    }
}
