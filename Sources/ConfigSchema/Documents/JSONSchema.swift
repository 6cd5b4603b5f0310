/// The JSON Schema (draft-07) of a root section, for editors: it accepts all that the decoder does.
///
/// What a schema cannot say (rules between settings, what a reference becomes) is left to the decoder.
package enum JSONSchema {
    /// The document's text, with a line break at its end.
    package static func text<Root: SettingsSection>(of root: Root.Type) -> String {
        let shape = SectionShape(of: root)
        let head: [JSONValue.Member] = [
            .init("$schema", .string("http://json-schema.org/draft-07/schema#")),
            .init("title", .string(shape.title)),
            .init("description", .string(shape.prose)),
        ]
        return JSONValue.object(head + object(shape, isNullable: false)).text + "\n"
    }

    /// A text that holds a reference to an environment variable.
    private static let reference = string(pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}")

    private static func object(_ section: SectionShape, isNullable: Bool) -> [JSONValue.Member] {
        let required = section.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        var members: [JSONValue.Member] = [
            .init("type", type("object", isNullable: isNullable)),
            .init("additionalProperties", .boolean(false)),
            .init("properties", .object(section.fields.map { .init($0.name, property($0)) })),
        ]
        if !required.isEmpty { members.append(.init("required", .array(required))) }
        return members
    }

    private static func property(_ field: FieldShape) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("title", .string(title(field))), .init("description", .string(field.prose)),
        ]
        if let initial = field.initial { members.append(.init("default", initial)) }
        if !field.examples.isEmpty {
            let examples = field.examples.map { JSONValue.string($0) }
            members.append(.init("examples", .array(field.shape.isList ? examples.map { .array([$0]) } : examples)))
        }
        return .object(members + constraints(field.shape, isNullable: !field.isRequired && field.takesNull))
    }

    /// The members that restrict a value.
    private static func constraints(_ shape: Shape, isNullable: Bool) -> [JSONValue.Member] {
        switch shape {
        case .section(let section): return object(section, isNullable: isNullable)
        case .sections(let section, let count):
            return [
                .init("type", type("array", isNullable: isNullable)),
                .init("minItems", .integer(count.lowerBound)), .init("maxItems", .integer(count.upperBound)),
                .init("items", .object(object(section, isNullable: false))),
            ]
        case .list(let item, let limit):
            return [
                .init("type", type("array", isNullable: isNullable)), .init("maxItems", .integer(limit)),
                .init("uniqueItems", .boolean(true)), .init("items", .object(constraints(item, isNullable: false))),
            ]
        case _ where shape.isAnyText:
            return [.init("type", type("string", isNullable: isNullable)), .init("minLength", .integer(1))]
        case .plain(let limit):
            let list: [JSONValue.Member] = [
                .init("type", .string("array")), .init("maxItems", .integer(limit)),
                .init("uniqueItems", .boolean(true)), .init("items", plain),
            ]
            return [.init("anyOf", .array([plain, .object(list)] + (isNullable ? [null] : [])))]
        case .boolean, .integer, .text, .secret, .choice, .duration, .byteCount, .auto:
            return [.init("anyOf", .array(scalars(shape) + [reference] + (isNullable ? [null] : [])))]
        }
    }

    /// The forms of a scalar without a reference.
    private static func scalars(_ shape: Shape) -> [JSONValue] {
        switch shape {
        case .boolean: [.object([.init("type", .string("boolean"))])]
        case .integer(let bounds): [integer(bounds)]
        case .text(let rule), .secret(let rule): [rule.pattern.map(string(pattern:)) ?? nonEmpty]
        case .choice(let names): [.object([.init("enum", .array(names.map { .string($0) }))])]
        case .duration(let unit, let bounds):
            [
                integer(
                    whole(bounds.lowerBound.wholeMilliseconds, bounds.upperBound.wholeMilliseconds, unit.inMilliseconds)
                ),
                string(pattern: "^\(DurationText.pattern)$"),
            ]
        case .byteCount(let unit, let bounds):
            [
                integer(whole(bounds.lowerBound, bounds.upperBound, unit.inBytes)),
                string(pattern: "^\(ByteCountText.pattern)$"),
            ]
        case .auto(let inner): [.object([.init("enum", .array([.string("auto")]))])] + scalars(inner)
        case .list, .plain, .section, .sections: [nonEmpty]
        }
    }

    private static let null = JSONValue.object([.init("type", .string("null"))])

    /// Any scalar but null.
    private static let plain = JSONValue.object([
        .init("type", .array(["string", "number", "boolean"].map { .string($0) }))
    ])

    private static let nonEmpty = JSONValue.object([.init("type", .string("string")), .init("minLength", .integer(1))])

    /// The whole numbers of a unit that lie within bounds given in a smaller one.
    private static func whole(_ low: Int, _ high: Int, _ unit: Int) -> ClosedRange<Int> {
        let first = low / unit + (low % unit == 0 ? 0 : 1)
        return first...max(first, high / unit)
    }

    private static func integer(_ bounds: ClosedRange<Int>) -> JSONValue {
        .object([
            .init("type", .string("integer")), .init("minimum", .integer(bounds.lowerBound)),
            .init("maximum", .integer(bounds.upperBound)),
        ])
    }

    private static func string(pattern: String) -> JSONValue {
        .object([.init("type", .string("string")), .init("pattern", .string(pattern))])
    }

    private static func type(_ name: String, isNullable: Bool) -> JSONValue {
        isNullable ? .array([.string(name), .string("null")]) : .string(name)
    }

    /// A section's own title; else `Max age` for `max_age`.
    private static func title(_ field: FieldShape) -> String {
        switch field.shape {
        case .section(let section), .sections(let section, _): return section.title
        default: break
        }
        let words = field.name.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

extension Shape {
    fileprivate var isList: Bool {
        if case .list = self { true } else { false }
    }

    /// True for a string that may be anything but empty; a reference is one too.
    fileprivate var isAnyText: Bool {
        switch self {
        case .text(let rule), .secret(let rule): rule.pattern == nil
        default: false
        }
    }
}
