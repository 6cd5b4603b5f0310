import ConfigSchema

/// `buckets[].s3.tls`: whom the proxy trusts to be the origin.
package struct OriginTLSSettings: SettingsSection {
    /// A PEM file; absent, the system's authorities.
    package var caPath: String?
    package var verify = true

    package init() {}

    package static let title = "TLS to the origin"
    package static let prose = "Whom the proxy trusts to be the origin."
    package static let fields: [Field<OriginTLSSettings>] = [
        Field(
            "ca_path", \.caPath, .any, "PEM file of the authorities to trust instead of the system's.",
            examples: ["/etc/ssl/private-ca.pem"]),
        Field("verify", \.verify, "Checks the origin's certificate and name; off only for a test."),
    ]

    package func check(_ report: inout SectionReport) {
        if caPath != nil, !verify {
            report.error(at: "verify", "must not be off where `ca_path` says whom to trust")
        }
    }
}
