/// What values a setting takes: the one description from which schema, reference page and messages are written.
package indirect enum Shape: Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    case text(TextRule)
    /// A text that is never shown.
    case secret(TextRule)
    case choice([String])
    case duration(DurationUnit, ClosedRange<Duration>)
    case byteCount(ByteUnit, ClosedRange<Int>)
    /// `auto`, or what the inner shape takes.
    case auto(Shape)
    /// A list without duplicates, of at most so many items.
    case list(Shape, atMost: Int)
    /// A string, a number, a boolean, or a list of these.
    case plain(atMost: Int)
    case section(SectionShape)
    case sections(SectionShape, count: ClosedRange<Int>)

    var isSecret: Bool {
        switch self {
        case .secret: true
        case .list(let item, _): item.isSecret
        default: false
        }
    }

    /// What a diagnostic says a value must be.
    var expectation: String {
        switch self {
        case .boolean: "`true` or `false`"
        case .integer: "an integer"
        case .text(let rule): rule.expectation
        case .secret(let rule): rule.expectation
        case .choice(let names): "one of " + names.map { "`\($0)`" }.joined(separator: ", ")
        case .duration(.seconds, _): "a number of seconds, or a time such as `250ms`, `30s`, `5m`, `1h`"
        case .duration(.milliseconds, _): "a number of milliseconds, or a time such as `250ms`, `30s`, `5m`, `1h`"
        case .byteCount(.bytes, _): "a number of bytes, or a size such as `64KiB`, `10MiB`, `1GiB`"
        case .byteCount(.mebibytes, _): "a number of mebibytes, or a size such as `64KiB`, `10MiB`, `1GiB`"
        case .auto(let inner): "`auto` or \(inner.expectation)"
        case .plain: "a string, a number, a boolean, or a list of these"
        case .list(_, _), .sections: "a list"
        case .section: "a mapping"
        }
    }
}

/// What a text must look like.
package struct TextRule: Sendable {
    /// An ECMA 262 pattern for editors; it may accept more than `accepts`, never less.
    package var pattern: String?
    /// Completes "must be …".
    package var expectation: String
    package var accepts: @Sendable (String) -> Bool

    package init(
        pattern: String? = nil, expectation: String = "a string",
        accepts: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.pattern = pattern
        self.expectation = expectation
        self.accepts = accepts
    }

    /// Any text but an empty one.
    package static let any = TextRule()
}

/// A section's name, prose and fields, with what the fields start from.
package struct SectionShape: Sendable {
    var title: String
    var prose: String
    var fields: [FieldShape]

    /// The shape of a section type.
    package init<Section: SettingsSection>(of section: Section.Type) {
        let initial = Section()
        title = Section.title
        prose = Section.prose
        fields = Section.fields.map { $0.shape(initial) }
    }

    /// The shape of a section whose keys replace those of another: none is required, and none has a value by itself.
    init<Section: SettingsSection>(overriding section: Section.Type, without: Set<String>) {
        self.init(of: section)
        fields = fields.filter { !without.contains($0.name) }
        for index in fields.indices {
            fields[index].isRequired = false
            fields[index].initial = nil
        }
    }
}

/// One key of a section.
package struct FieldShape: Sendable {
    var name: String
    var prose: String
    var shape: Shape
    var isRequired: Bool
    /// Nil when the setting is absent unless said.
    var initial: JSONValue?
    var examples: [String]
    var takesNull = true
}
