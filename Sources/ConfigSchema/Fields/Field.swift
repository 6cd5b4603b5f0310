/// A setting, said once: its key, the property that holds it and the default, its type and bounds, its prose.
///
///     Field("failure_threshold", \.failureThreshold, in: 1...1_000, "Failures in a row that open the breaker.")
///
/// The decoder, the JSON Schema and the reference page all walk these.
package struct Field<Section: SettingsSection>: Sendable {
    package typealias Property<Value> = any WritableKeyPath<Section, Value> & Sendable

    package let name: String
    /// The key as schema and reference page see it; the section given holds the defaults.
    var shape: @Sendable (Section) -> FieldShape
    /// Reads the node into the section; `path` names the key from the root.
    var decode: @Sendable (Node, _ path: String, inout Section, inout Decoding) -> Outcome
    let isRequired: Bool
    /// Carries the setting's value from one section to another.
    package let copy: @Sendable (Section, inout Section) -> Void

    enum Outcome: Sendable {
        case set, absent, refused
    }

    /// The same, but null is a mistake: whoever writes such a key with nothing behind it may think that it protects.
    package func refusingNull(_ hint: String) -> Field {
        var field = self
        field.shape = { [shape] section in
            var shape = shape(section)
            shape.takesNull = false
            return shape
        }
        field.decode = { [decode] node, path, section, decoding in
            guard node.isNull else { return decode(node, path, &section, &decoding) }
            decoding.report(node.extent, "`\(path)` is empty", hint: hint)
            return .refused
        }
        return field
    }

    /// A scalar that always has a value.
    init<Value>(
        _ name: String, _ property: Property<Value>, codec: Codec<Value>, prose: String, isRequired: Bool = false,
        examples: [String] = []
    ) {
        self.name = name
        self.isRequired = isRequired
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { section in
            FieldShape(
                name: name, prose: prose, shape: codec.shape, isRequired: isRequired,
                initial: isRequired ? nil : codec.describe(section[keyPath: property]), examples: examples)
        }
        decode = { node, path, section, decoding in
            switch decoding.value(node, path, codec) {
            case .value(let value):
                section[keyPath: property] = value
                return .set
            case .absent: return .absent
            case .refused: return .refused
            }
        }
    }

    /// A scalar that may be absent.
    init<Value>(
        _ name: String, optional property: Property<Value?>, codec: Codec<Value>, prose: String,
        examples: [String] = []
    ) {
        self.name = name
        isRequired = false
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { section in
            FieldShape(
                name: name, prose: prose, shape: codec.shape, isRequired: false,
                initial: section[keyPath: property].map(codec.describe), examples: examples)
        }
        decode = { node, path, section, decoding in
            switch decoding.value(node, path, codec) {
            case .value(let value):
                section[keyPath: property] = value
                return .set
            case .absent: return .absent
            case .refused: return .refused
            }
        }
    }

    /// A list of scalars without duplicates.
    init<Value>(
        _ name: String, list property: Property<[Value]>, of codec: Codec<Value>, atMost limit: Int, prose: String,
        examples: [String] = []
    ) {
        self.name = name
        isRequired = false
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { section in
            FieldShape(
                name: name, prose: prose, shape: .list(codec.shape, atMost: limit), isRequired: false,
                initial: .array(section[keyPath: property].map(codec.describe)), examples: examples)
        }
        decode = { node, path, section, decoding in
            switch decoding.list(node, path, codec, atMost: limit) {
            case .value(let values):
                section[keyPath: property] = values
                return .set
            case .absent: return .absent
            case .refused: return .refused
            }
        }
    }
}
