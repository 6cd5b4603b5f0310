/// A scalar with its references replaced.
struct ScalarInput: Sendable {
    var text: String
    var style: ScalarStyle
    /// True when the text came at least in part from the environment: then its type is what the setting wants.
    var isSubstituted: Bool

    /// What the text may stand for: anything that is quoted is a string.
    var kind: PlainKind { style == .plain || isSubstituted ? PlainKind(text) : .string }

    var integer: Int? { kind == .integer ? PlainKind.integer(text) : nil }
}

/// Why a text is not a value of a setting; the message continues the setting's name.
struct ValueProblem: Error, Equatable, Sendable {
    var message: String
    var hint: String?
}

/// Reads one scalar type, writes its default, and says its shape.
package struct Codec<Value: Sendable & Equatable>: Sendable {
    var shape: Shape
    var parse: @Sendable (ScalarInput) throws(ValueProblem) -> Value
    var describe: @Sendable (Value) -> JSONValue
}

extension Shape {
    /// The problem of a value of another type.
    func mismatch(_ input: ScalarInput, hint: String? = nil) -> ValueProblem {
        let found = input.isSubstituted ? "" : ", not \(input.kind.name)"
        return ValueProblem(message: "must be \(expectation)\(input.kind == .string ? "" : found)", hint: hint)
    }

    /// The problem of a value outside of the bounds, which are given as text.
    static func outOfBounds(_ low: String, _ high: String) -> ValueProblem {
        ValueProblem(message: "must be between \(low) and \(high)")
    }
}

extension Codec where Value == Bool {
    static let boolean = Codec(
        shape: .boolean,
        parse: { input throws(ValueProblem) in
            guard input.kind == .boolean else {
                let isOldBoolean = ["yes", "no", "on", "off"].contains(input.text.lowercased())
                throw Shape.boolean.mismatch(input, hint: isOldBoolean ? "write `true` or `false`" : nil)
            }
            return input.text.lowercased() == "true"
        },
        describe: { .boolean($0) })
}

extension Codec where Value == Int {
    static func integer(in bounds: ClosedRange<Int>) -> Codec {
        let shape = Shape.integer(bounds)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                guard input.kind == .integer else { throw shape.mismatch(input, hint: input.quotesHint) }
                guard let number = input.integer, bounds.contains(number) else {
                    throw Shape.outOfBounds("\(bounds.lowerBound)", "\(bounds.upperBound)")
                }
                return number
            },
            describe: { .integer($0) })
    }

    /// A size, in bytes; `name` tells the unit of a bare number.
    static func byteCount(name: String, in bounds: ClosedRange<Int>) -> Codec {
        let unit = ByteUnit(key: name)
        let shape = Shape.byteCount(unit, bounds)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                let bytes: Int
                if input.kind == .integer {
                    bytes = input.integer.map { $0 < 0 ? -1 : clampedProduct($0, unit.inBytes) } ?? .max
                } else if input.kind == .string, let size = ByteCountText.bytes(input.text) {
                    bytes = size
                } else {
                    throw shape.mismatch(input, hint: input.quotesHint)
                }
                guard bounds.contains(bytes) else {
                    let (low, high) = (bounds.lowerBound, bounds.upperBound)
                    throw Shape.outOfBounds(ByteCountText.describe(low), ByteCountText.describe(high))
                }
                return bytes
            },
            describe: { $0 % unit.inBytes == 0 ? .integer($0 / unit.inBytes) : .string(ByteCountText.describe($0)) })
    }
}

extension Codec where Value == UInt16 {
    static func port(in bounds: ClosedRange<UInt16>) -> Codec {
        let inner = Codec<Int>.integer(in: Int(bounds.lowerBound)...Int(bounds.upperBound))
        return Codec(
            shape: inner.shape,
            parse: { input throws(ValueProblem) in UInt16(clamping: try inner.parse(input)) },
            describe: { .integer(Int($0)) })
    }
}

extension Codec where Value == Duration {
    /// A time; `name` tells the unit of a bare number.
    static func duration(name: String, in bounds: ClosedRange<Duration>) -> Codec {
        let unit = DurationUnit(key: name)
        let shape = Shape.duration(unit, bounds)
        return Codec(
            shape: shape,
            parse: { input throws(ValueProblem) in
                let milliseconds: Int
                if input.kind == .integer {
                    milliseconds = input.integer.map { $0 < 0 ? -1 : clampedProduct($0, unit.inMilliseconds) } ?? .max
                } else if input.kind == .string, let time = DurationText.milliseconds(input.text) {
                    milliseconds = time
                } else {
                    throw shape.mismatch(input, hint: input.quotesHint)
                }
                let (low, high) = (bounds.lowerBound, bounds.upperBound)
                guard (low.wholeMilliseconds...high.wholeMilliseconds).contains(milliseconds) else {
                    throw Shape.outOfBounds(DurationText.describe(low), DurationText.describe(high))
                }
                return .milliseconds(milliseconds)
            },
            describe: { duration in
                let milliseconds = duration.wholeMilliseconds
                return milliseconds % unit.inMilliseconds == 0
                    ? .integer(milliseconds / unit.inMilliseconds) : .string(DurationText.describe(duration))
            })
    }
}

extension Codec {
    /// `auto`, or what `inner` reads.
    static func auto<Inner>(_ inner: Codec<Inner>) -> Codec where Value == AutoOr<Inner> {
        Codec(
            shape: .auto(inner.shape),
            parse: { input throws(ValueProblem) in
                if input.text == "auto" { return .auto }
                guard input.kind == .integer else { throw Shape.auto(inner.shape).mismatch(input) }
                return .value(try inner.parse(input))
            },
            describe: { value in
                switch value {
                case .auto: .string("auto")
                case .value(let number): inner.describe(number)
                }
            })
    }
}

extension ScalarInput {
    /// The advice for a number that is quoted.
    var quotesHint: String? {
        style == .quoted && !isSubstituted && PlainKind(text) == .integer ? "remove the quotes" : nil
    }
}
