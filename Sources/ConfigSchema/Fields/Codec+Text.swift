/// A setting that is written as text and read into a type of its own.
package protocol TextSetting: Sendable, Equatable {
    static var rule: TextRule { get }
    /// Nil when the text is no value of the type.
    init?(_ text: String)
    var text: String { get }
    /// What a text that is no value of the type should perhaps have been; nil when nobody knows.
    static func advice(for text: String) -> String?
}

extension TextSetting {
    package static func advice(for text: String) -> String? { nil }
}

/// The same for a text that holds a secret, or may: it is never shown, so there is no way back to it.
package protocol SecretTextSetting: Sendable, Equatable {
    static var rule: TextRule { get }
    /// Nil when the text is no value of the type.
    init?(_ text: String)
}

/// A setting that takes one of a few names.
package protocol ChoiceSetting: Sendable, Equatable, CaseIterable, RawRepresentable where RawValue == String {}

extension Codec where Value == String {
    static func text(_ rule: TextRule) -> Codec {
        let shape = Shape.text(rule)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                let text = try shape.checkedText(input)
                guard rule.accepts(text) else { throw ValueProblem(message: "must be \(rule.expectation)") }
                return text
            },
            describe: { .string($0) })
    }
}

extension Codec where Value == Secret {
    static func secret(_ rule: TextRule) -> Codec {
        let text = Codec<String>.text(rule)
        return Codec(
            shape: .secret(rule), parse: { input throws(ValueProblem) in Secret(try text.parse(input)) },
            describe: { _ in .string("***") })
    }
}

extension Codec where Value: TextSetting {
    static var text: Codec {
        let rule = Value.rule
        let shape = Shape.text(rule)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                let text = try shape.checkedText(input)
                guard let value = Value(text) else {
                    throw ValueProblem(
                        message: "must be \(rule.expectation)",
                        hint: input.isSubstituted ? nil : Value.advice(for: text))
                }
                return value
            },
            describe: { .string($0.text) })
    }
}

extension Codec where Value: SecretTextSetting {
    static var secretText: Codec {
        let rule = Value.rule
        let shape = Shape.secret(rule)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                guard let value = Value(try shape.checkedText(input)) else {
                    throw ValueProblem(message: "must be \(rule.expectation)")
                }
                return value
            },
            describe: { _ in .string("***") })
    }
}

extension Codec where Value: ChoiceSetting {
    static var choice: Codec {
        let names = Value.allCases.map(\.rawValue)
        return Codec(
            shape: .choice(names),
            parse: { input throws(ValueProblem) in
                if let value = Value(rawValue: input.text), input.kind == .string { return value }
                let hint = EditDistance.nearest(to: input.text, among: names).map { "did you mean `\($0)`?" }
                throw Shape.choice(names).mismatch(input, hint: input.isSubstituted ? nil : hint)
            },
            describe: { .string($0.rawValue) })
    }
}

extension Shape {
    /// The text of a string: not a bare number or boolean, not empty, without control characters.
    fileprivate func checkedText(_ input: ScalarInput) throws(ValueProblem) -> String {
        guard input.kind == .string || input.isSubstituted else { throw mismatch(input, hint: "put it in quotes") }
        guard !input.text.isEmpty else { throw ValueProblem(message: "must not be empty") }
        let isClean = input.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isClean else { throw ValueProblem(message: "must not hold line breaks or other control characters") }
        return input.text
    }
}
