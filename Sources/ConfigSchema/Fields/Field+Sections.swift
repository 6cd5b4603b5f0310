extension Field {
    /// A nested section; left out or null, it keeps its defaults.
    package init<Inner: SettingsSection>(_ name: String, section property: Property<Inner>, isRequired: Bool = false) {
        self.name = name
        self.isRequired = isRequired
        copy = { $1[keyPath: property] = $0[keyPath: property] }
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

    /// A nested section that may be absent.
    package init<Inner: SettingsSection>(_ name: String, optionalSection property: Property<Inner?>) {
        self.name = name
        isRequired = false
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { _ in
            FieldShape(
                name: name, prose: Inner.prose, shape: .section(SectionShape(of: Inner.self)), isRequired: false,
                initial: nil, examples: [])
        }
        decode = { node, path, section, decoding in
            if node.isNull { return .absent }
            var inner = Inner()
            let isRead = decoding.section(node, path, &inner)
            section[keyPath: property] = inner
            return isRead ? .set : .refused
        }
    }

    /// A list of sections, required unless `count` allows none.
    package init<Inner: SettingsSection>(
        _ name: String, sections property: Property<[Inner]>, count: ClosedRange<Int>, _ prose: String? = nil
    ) {
        self.name = name
        isRequired = count.lowerBound > 0
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        let isRequired = isRequired
        shape = { _ in
            FieldShape(
                name: name, prose: prose ?? Inner.prose, shape: .sections(SectionShape(of: Inner.self), count: count),
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

    /// A section whose keys replace those of another of its kind; the keys in `without` are not among them.
    package init<Inner: SettingsSection>(
        _ name: String, override property: Property<Override<Inner>>, without: Set<String> = [], _ prose: String
    ) {
        self.name = name
        isRequired = false
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { _ in
            FieldShape(
                name: name, prose: prose, shape: .section(SectionShape(overriding: Inner.self, without: without)),
                isRequired: false, initial: nil, examples: [])
        }
        decode = { node, path, section, decoding in
            if node.isNull { return .absent }
            var value = Inner()
            guard let given = decoding.keys(of: node, path, &value, without: without) else { return .refused }
            section[keyPath: property] = Override(value, given: given)
            return .set
        }
    }
}
