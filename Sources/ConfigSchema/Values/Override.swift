/// A section whose keys, as far as they are given, replace those of another section of its kind.
package struct Override<Section: SettingsSection>: Sendable, Equatable {
    private let value: Section
    /// The names of the keys that are given.
    package let given: Set<String>

    /// Replaces nothing.
    package init() { self.init(Section(), given: []) }

    init(_ value: Section, given: Set<String>) {
        self.value = value
        self.given = given
    }

    /// `base` with the given keys' values.
    package func applied(to base: Section) -> Section {
        var result = base
        for field in Section.fields where given.contains(field.name) { field.copy(value, &result) }
        return result
    }
}
