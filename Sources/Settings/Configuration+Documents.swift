import ConfigSchema

extension Configuration {
    /// What `--print-config-schema` prints; `config/yatagarasu.schema.json` holds the same text.
    package static var jsonSchema: String { JSONSchema.text(of: Configuration.self) }

    /// The text of `config/reference.md`.
    package static var referencePage: String { ReferencePage.text(of: Configuration.self) }
}
