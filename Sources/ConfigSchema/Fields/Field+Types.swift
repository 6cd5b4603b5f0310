/// A type whose settings have bounds.
package protocol BoundedSetting: Comparable, Sendable {
    static func codec(name: String, in bounds: ClosedRange<Self>) -> Codec<Self>
}

extension Int: BoundedSetting {
    package static func codec(name: String, in bounds: ClosedRange<Int>) -> Codec<Int> { .integer(in: bounds) }
}

extension UInt16: BoundedSetting {
    package static func codec(name: String, in bounds: ClosedRange<UInt16>) -> Codec<UInt16> { .port(in: bounds) }
}

extension Duration: BoundedSetting {
    package static func codec(name: String, in bounds: ClosedRange<Duration>) -> Codec<Duration> {
        .duration(name: name, in: bounds)
    }
}

extension Field {
    package init(_ name: String, _ property: Property<Bool>, _ prose: String) {
        self.init(name, property, codec: .boolean, prose: prose)
    }

    package init(_ name: String, _ property: Property<Bool?>, _ prose: String) {
        self.init(name, optional: property, codec: .boolean, prose: prose)
    }

    /// An integer, a port or a time.
    package init<Value: BoundedSetting>(
        _ name: String, _ property: Property<Value>, in bounds: ClosedRange<Value>, _ prose: String
    ) {
        self.init(name, property, codec: Value.codec(name: name, in: bounds), prose: prose)
    }

    /// The same, which must be given.
    package init<Value: BoundedSetting>(
        _ name: String, required property: Property<Value>, in bounds: ClosedRange<Value>, _ prose: String
    ) {
        self.init(name, property, codec: Value.codec(name: name, in: bounds), prose: prose, isRequired: true)
    }

    package init<Value: BoundedSetting>(
        _ name: String, _ property: Property<Value?>, in bounds: ClosedRange<Value>, _ prose: String
    ) {
        self.init(name, optional: property, codec: Value.codec(name: name, in: bounds), prose: prose)
    }

    package init<Value: BoundedSetting>(
        _ name: String, _ property: Property<AutoOr<Value>>, in bounds: ClosedRange<Value>, _ prose: String
    ) {
        self.init(name, property, codec: .auto(Value.codec(name: name, in: bounds)), prose: prose)
    }

    /// A size in bytes.
    package init(_ name: String, bytes property: Property<Int>, in bounds: ClosedRange<Int>, _ prose: String) {
        self.init(name, property, codec: .byteCount(name: name, in: bounds), prose: prose)
    }

    package init(_ name: String, bytes property: Property<Int?>, in bounds: ClosedRange<Int>, _ prose: String) {
        self.init(name, optional: property, codec: .byteCount(name: name, in: bounds), prose: prose)
    }

    package init<Value: ChoiceSetting>(_ name: String, _ property: Property<Value>, _ prose: String) {
        self.init(name, property, codec: .choice, prose: prose)
    }

    package init<Value: ChoiceSetting>(_ name: String, _ property: Property<Value?>, _ prose: String) {
        self.init(name, optional: property, codec: .choice, prose: prose)
    }

    /// A list of a few names, each once.
    package init<Value: ChoiceSetting>(_ name: String, _ property: Property<[Value]>, _ prose: String) {
        self.init(name, list: property, of: .choice, atMost: Value.allCases.count, prose: prose)
    }

    package init(
        _ name: String, _ property: Property<String>, _ rule: TextRule, isRequired: Bool = false, _ prose: String,
        examples: [String] = []
    ) {
        self.init(name, property, codec: .text(rule), prose: prose, isRequired: isRequired, examples: examples)
    }

    package init(
        _ name: String, _ property: Property<String?>, _ rule: TextRule, _ prose: String, examples: [String] = []
    ) {
        self.init(name, optional: property, codec: .text(rule), prose: prose, examples: examples)
    }

    package init(
        _ name: String, _ property: Property<Secret?>, _ rule: TextRule, _ prose: String,
        examples: [String] = []
    ) {
        self.init(name, optional: property, codec: .secret(rule), prose: prose, examples: examples)
    }

    package init<Value: SecretTextSetting>(
        _ name: String, secret property: Property<Value?>, _ prose: String, examples: [String] = []
    ) {
        self.init(name, optional: property, codec: .secretText, prose: prose, examples: examples)
    }

    package init<Value: TextSetting>(
        _ name: String, _ property: Property<Value>, _ prose: String, examples: [String] = []
    ) {
        self.init(name, property, codec: .text, prose: prose, examples: examples)
    }

    package init<Value: TextSetting>(
        _ name: String, _ property: Property<Value?>, _ prose: String, examples: [String] = []
    ) {
        self.init(name, optional: property, codec: .text, prose: prose, examples: examples)
    }

    package init(
        _ name: String, _ property: Property<[String]>, each rule: TextRule, atMost limit: Int, _ prose: String,
        examples: [String] = []
    ) {
        self.init(name, list: property, of: .text(rule), atMost: limit, prose: prose, examples: examples)
    }

    package init<Value: TextSetting>(
        _ name: String, _ property: Property<[Value]>, atMost limit: Int, _ prose: String, examples: [String] = []
    ) {
        self.init(name, list: property, of: .text, atMost: limit, prose: prose, examples: examples)
    }
}
