/// A number, or `auto`: the program chooses.
package enum AutoOr<Value: Sendable & Equatable>: Sendable, Equatable {
    case auto
    case value(Value)
}
