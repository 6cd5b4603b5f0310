/// A group of settings that stands under one key of the configuration.
///
/// The stored properties' initial values are the defaults; `fields` says the rest once. A required setting's initial
/// value is never used: leaving it out is an error.
package protocol SettingsSection: Sendable, Equatable {
    init()
    static var title: String { get }
    static var prose: String { get }
    static var fields: [Field<Self>] { get }
    /// Finds what no field can see alone. Runs also when some field was refused; what it reports there is dropped.
    func check(_ report: inout SectionReport)
}

extension SettingsSection {
    package func check(_ report: inout SectionReport) {}
}

/// Collects what a section's `check` finds; keys are relative to the section: `tls.ca_path`, `buckets[1].name`.
package struct SectionReport: Sendable {
    struct Finding: Sendable {
        var key: String
        var message: String
        var hint: String?
    }

    private(set) var findings: [Finding] = []

    init() {}

    /// `message` continues the key's name: "must start with `/`". An empty key is the section itself.
    package mutating func error(at key: String, _ message: String, hint: String? = nil) {
        findings.append(Finding(key: key, message: message, hint: hint))
    }
}
