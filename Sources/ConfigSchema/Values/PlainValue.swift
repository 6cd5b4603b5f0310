/// A value whose type the file decides: what a claim is compared with.
package enum PlainValue: Sendable, Equatable {
    case string(String)
    case integer(Int)
    case fraction(Double)
    case boolean(Bool)
    case list([PlainValue])
}

extension Field {
    /// A scalar of any type, or a list of at most so many.
    package init(_ name: String, plain property: Property<PlainValue?>, atMost limit: Int, _ prose: String) {
        self.name = name
        isRequired = false
        copy = { $1[keyPath: property] = $0[keyPath: property] }
        shape = { _ in
            FieldShape(
                name: name, prose: prose, shape: .plain(atMost: limit), isRequired: false, initial: nil, examples: [])
        }
        decode = { node, path, section, decoding in
            let decoded: Decoding.Decoded<PlainValue>
            if case .sequence = node.content {
                switch decoding.list(node, path, .plain, atMost: limit) {
                case .value(let values): decoded = .value(.list(values))
                case .absent: decoded = .absent
                case .refused: decoded = .refused
                }
            } else {
                decoded = decoding.value(node, path, .plain)
            }
            switch decoded {
            case .value(let value):
                section[keyPath: property] = value
                return .set
            case .absent: return .absent
            case .refused: return .refused
            }
        }
    }

    /// A boolean that must be said.
    package init(_ name: String, required property: Property<Bool>, _ prose: String) {
        self.init(name, property, codec: .boolean, prose: prose, isRequired: true)
    }
}

extension Codec where Value == PlainValue {
    /// One scalar of the type that it is written as.
    static let plain = Codec(
        shape: .plain(atMost: 0),
        parse: { input throws(ValueProblem) in
            switch input.kind {
            case .boolean: return .boolean(input.text.lowercased() == "true")
            case .integer:
                guard let number = input.integer else { throw ValueProblem(message: "is too large a number") }
                return .integer(number)
            case .float:
                guard let number = Double(input.text), number.isFinite else {
                    throw ValueProblem(message: "must be a finite number")
                }
                return .fraction(number)
            case .string, .null: return .string(input.text)
            }
        },
        describe: { _ in .null })
}
