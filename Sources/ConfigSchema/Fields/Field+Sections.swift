extension Field {
    /// A nested section; left out or null, it keeps its defaults.
    package init<Inner: SettingsSection>(_ name: String, section property: Property<Inner>, isRequired: Bool = false) {
        self.name = name
        self.isRequired = isRequired
        shape = { _ in
            FieldShape(
                name: name, prose: Inner.prose, shape: .section(SectionShape(of: Inner.self)), isRequired: isRequired,
                initial: nil, examples: [])
        }
        decode = { node, path, section, decoding in
            // A required section that is there but empty is read too: its own required keys are what is missing.
            if node.isNull, !isRequired { return .absent }
            return decoding.section(node, path, &section[keyPath: property]) ? .set : .refused
        }
    }

    /// A list of sections, required unless `count` allows none.
    package init<Inner: SettingsSection>(
        _ name: String, sections property: Property<[Inner]>, count: ClosedRange<Int>
    ) {
        self.name = name
        isRequired = count.lowerBound > 0
        let isRequired = isRequired
        shape = { _ in
            FieldShape(
                name: name, prose: Inner.prose, shape: .sections(SectionShape(of: Inner.self), count: count),
                isRequired: isRequired, initial: isRequired ? nil : .array([]), examples: [])
        }
        decode = { node, path, section, decoding in
            switch decoding.sections(node, path, of: Inner.self, count: count) {
            case .value(let values):
                section[keyPath: property] = values
                return .set
            case .absent: return .absent
            case .refused: return .refused
            }
        }
    }
}
