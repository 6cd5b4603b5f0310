/// The reference page of a root section, in Markdown: one table for each section.
package enum ReferencePage {
    /// The page's text, with a line break at its end.
    package static func text<Root: SettingsSection>(of root: Root.Type) -> String {
        let shape = SectionShape(of: root)
        var page = """
            # Configuration reference

            <!-- Generated from the settings' definitions by `make generate`; do not edit. -->

            \(shape.prose) A key that is not listed here is an error, and so is one that is given twice.

            - **Environment.** `${NAME}` in a value becomes the variable's value, `${NAME:-default}` falls back where the
              variable is unset or empty, `$${` is a literal `${`. Values are put in after the YAML was read: they can
              hold any character, and take the type of their key. A value that becomes empty counts as absent.
            - **Times** are numbers in the unit of the key's name (seconds where it names none), or `250ms`, `30s`, `5m`, `1h`.
            - **Sizes** are numbers in the unit of the key's name (bytes where it names none), or `64KiB`, `10MiB`, `1GiB`, and
              the decimal `KB`, `MB`, `GB`.
            - A key that is not required may be null, which is as if it were left out; but for those that say who may read.

            """
        write(shape, path: "", to: &page)
        return page
    }

    private static func write(_ section: SectionShape, path: String, to page: inout String) {
        if !path.isEmpty { page += "\n## `\(path)`\n\n\(section.prose)\n" }
        page += "\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n"
        for field in section.fields {
            let cells = ["`\(field.name)`", type(field.shape), initial(field), meaning(field)]
            page += "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
        }
        for field in section.fields {
            let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
            switch field.shape {
            case .section(let section): write(section, path: inner, to: &page)
            case .sections(let section, _): write(section, path: inner + "[]", to: &page)
            default: break
            }
        }
    }

    private static func meaning(_ field: FieldShape) -> String {
        guard !field.examples.isEmpty else { return field.prose }
        return field.prose + " For example " + field.examples.map { "`\($0)`" }.joined(separator: ", ") + "."
    }

    private static func initial(_ field: FieldShape) -> String {
        if field.isRequired { return "required" }
        guard let initial = field.initial else { return "" }
        if case .string(let text) = initial { return "`\(text)`" }
        return "`\(initial.text)`"
    }

    private static func type(_ shape: Shape) -> String {
        switch shape {
        case .boolean: "boolean"
        case .integer(let bounds): "integer, \(bounds.lowerBound) to \(bounds.upperBound)"
        case .text: "string"
        case .secret: "string, secret"
        case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
        case .duration(let unit, let bounds):
            "time in \(unit.rawValue), \(DurationText.describe(bounds.lowerBound)) to "
                + DurationText.describe(bounds.upperBound)
        case .byteCount(let unit, let bounds):
            "size in \(unit.rawValue), \(ByteCountText.describe(bounds.lowerBound)) to "
                + ByteCountText.describe(bounds.upperBound)
        case .auto(let inner): "`auto` or \(type(inner))"
        case .list(let item, let limit): "list of at most \(limit): \(type(item))"
        case .plain: "string, number, boolean, or list of these"
        case .section: "section"
        case .sections: "list of sections"
        }
    }

    /// A bar would end a table's cell.
    private static func escaped(_ cell: String) -> String {
        cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
