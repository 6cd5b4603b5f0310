import ConfigSchema

/// `buckets[].auth`: who may read the bucket.
package struct AuthSettings: SettingsSection {
    package enum Provider: String, ChoiceSetting { case jwt }

    package var isEnabled = false
    package var provider = Provider.jwt
    package var jwt = Override<JWTSettings>()

    package init() {}

    package static let title = "Authentication"
    package static let prose = "Who may read the bucket; left out, everybody."
    package static let fields: [Field<AuthSettings>] = [
        Field("enabled", required: \.isEnabled, "Only requests with a good token are served."),
        Field("provider", \.provider, "Who decides: `jwt` lets every good token pass that fulfils its claim rules."),
        Field(
            "jwt", override: \.jwt, without: ["admin_claims"],
            "Keys that replace those of `jwt` for this bucket. Naming a secret, a key or an algorithm replaces all of these."
        ),
    ]
}
