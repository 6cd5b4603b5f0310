import ConfigSchema

/// `jwt.keys[]`: one key of several, which tokens choose by their `kid`.
package struct JWTKeySettings: SettingsSection {
    package var id = ""
    package var algorithm = JWTSettings.Algorithm.hs256
    package var secret: Secret?
    package var path: String?
    package var env: String?

    package init() {}

    package static let title = "Keys"
    package static let prose = "Several keys at a time, which tokens choose by their `kid`."
    package static let fields: [Field<JWTKeySettings>] = [
        Field("id", \.id, .any, isRequired: true, "The `kid` of tokens that this key signs.", examples: ["2026-11"]),
        Field("algorithm", \.algorithm, "The one algorithm that counts for this key."),
        Field("secret", \.secret, .any, "Secret of an HS algorithm.", examples: ["${JWT_SECRET_NEW}"]),
        Field("path", \.path, .any, "PEM file of a public key; for an HS algorithm, file of the secret."),
        Field(
            "env", \.env, variableRule, "Environment variable that holds the secret or the PEM text.",
            examples: ["JWT_PUBLIC_KEY"]),
    ]

    private static let variableRule = TextRule(
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$", expectation: "the name of an environment variable"
    ) { name in
        name.utf8.first.map { !(0x30...0x39).contains($0) } == true
            && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    package func check(_ report: inout SectionReport) {
        let count = (secret == nil ? 0 : 1) + (path == nil ? 0 : 1) + (env == nil ? 0 : 1)
        if count != 1 { report.error(at: "", "must have exactly one of `secret`, `path` and `env`") }
        if secret != nil, !algorithm.isSymmetric {
            report.error(at: "secret", "has no use with `algorithm: \(algorithm.rawValue)`", hint: "give a public key")
        }
    }
}
