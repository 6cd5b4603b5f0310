extension Decoding {
    /// Reads a mapping into a section and checks the section; false when it is no mapping.
    mutating func section<Section: SettingsSection>(_ node: Node, _ path: String, _ section: inout Section) -> Bool {
        keys(of: node, path, &section) != nil
    }

    /// The same, and which of its keys were set; nil when it is no mapping. Keys in `without` are unknown here.
    mutating func keys<Section: SettingsSection>(
        of node: Node, _ path: String, _ section: inout Section, without: Set<String> = []
    ) -> Set<String>? {
        let entries: [Node.Entry]
        switch node.content {
        case .mapping(let mapping): entries = mapping
        case .scalar where node.isNull: entries = []
        case .scalar, .sequence:
            let name = path.isEmpty ? "the file" : "`\(path)`"
            report(node.headExtent, "\(name) must be a mapping, not \(node.kindName)")
            return nil
        }
        let fields = Section.fields.filter { !without.contains($0.name) }
        var present: Set<String> = []
        var set: Set<String> = []
        for entry in entries {
            guard let field = fields.first(where: { $0.name == entry.key }) else {
                let meant = reportUnknownKey(entry, path, known: fields.map(\.name))
                // What was misspelt is not also missing.
                if let meant, !entries.contains(where: { $0.key == meant }) { refuse(path.key(meant)) }
                continue
            }
            disclose(key: entry.keyExtent)
            present.insert(field.name)
            if read(field, entry, path.key(field.name), into: &section) { set.insert(field.name) }
        }
        for field in fields where field.isRequired && !present.contains(field.name) {
            reportFinding(at: path.key(field.name), "is required", hint: nil)
        }
        var findings = SectionReport()
        section.check(&findings)
        for finding in findings.findings {
            reportFinding(at: path.key(finding.key), finding.message, hint: finding.hint)
        }
        return set
    }

    /// Answers whether the setting has a value now.
    private mutating func read<Section>(
        _ field: Field<Section>, _ entry: Node.Entry, _ path: String, into section: inout Section
    ) -> Bool {
        let extent = entry.value.headExtent
        let isScalar = if case .scalar = entry.value.content { extent.start != extent.end } else { false }
        setPlace(isScalar ? extent : entry.keyExtent, of: path)
        switch field.decode(entry.value, path, &section, &self) {
        case .set: return true
        case .refused: refuse(path)
        case .absent where field.isRequired: reportFinding(at: path, "is required, and is empty here", hint: nil)
        case .absent: break
        }
        return false
    }

    /// Returns the known key that was meant, if one is near.
    private mutating func reportUnknownKey(_ entry: Node.Entry, _ path: String, known: [String]) -> String? {
        let nearest = EditDistance.nearest(to: entry.key, among: known)
        let isPrintable = entry.key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        let isShown = isPrintable && (nearest != nil || vocabulary.shows(entry.key))
        discloseUnknownKey(entry.keyExtent, isShown: isShown)
        let hint =
            nearest.map { "did you mean `\($0)`?" }
            ?? "known here: " + known.map { "`\($0)`" }.joined(separator: ", ")
        let name = isShown ? " `\(entry.key)`" : ""
        report(entry.keyExtent, "unknown key\(name)" + (path.isEmpty ? " at the top level" : " in \(path)"), hint: hint)
        return nearest
    }

    /// Reads a list of mappings.
    mutating func sections<Section: SettingsSection>(
        _ node: Node, _ path: String, of type: Section.Type, count: ClosedRange<Int>
    ) -> Decoded<[Section]> {
        if node.isNull { return .absent }
        guard case .sequence(let items) = node.content else {
            report(node.headExtent, "`\(path)` must be a list, not \(node.kindName)", hint: "begin each item with `- `")
            return .refused
        }
        guard count.contains(items.count) else {
            let bound = items.isEmpty ? "at least \(count.lowerBound)" : "at most \(count.upperBound)"
            report(node.headExtent, "`\(path)` must have \(bound) item\(bound.hasSuffix(" 1") ? "" : "s")")
            return .refused
        }
        var sections: [Section] = []
        for (index, item) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            setPlace(item.headExtent, of: itemPath)
            var value = Section()
            if item.isNull {
                report(item.headExtent, "`\(itemPath)` must be a mapping, not nothing")
                refuse(itemPath)
            } else if !section(item, itemPath, &value) {
                refuse(itemPath)
            }
            sections.append(value)
        }
        return .value(sections)
    }
}

extension String {
    /// The path of a key in the section that this path names.
    fileprivate func key(_ name: String) -> String {
        name.isEmpty ? self : isEmpty ? name : "\(self).\(name)"
    }
}
