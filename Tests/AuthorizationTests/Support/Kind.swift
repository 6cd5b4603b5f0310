import Authorization
import Testing

/// The providers that keep one contract, and how each says the same.
enum Kind: CaseIterable, Sendable, CustomTestStringConvertible {
    case opa, openFGA

    var testDescription: String { name }

    var name: String {
        switch self {
        case .opa: "opa"
        case .openFGA: "openfga"
        }
    }

    var allow: String {
        switch self {
        case .opa: #"{"result":true}"#
        case .openFGA: #"{"allowed":true,"resolution":""}"#
        }
    }

    var deny: String {
        switch self {
        case .opa: #"{"result":{"allow":false,"reason":"not on the list"}}"#
        case .openFGA: #"{"allowed":false,"resolution":""}"#
        }
    }

    var denied: Decision {
        switch self {
        case .opa: .deny(reason: "not on the list")
        case .openFGA: .deny(reason: "no such relation")
        }
    }

    /// JSON that holds no decision.
    var shapeless: [String] {
        switch self {
        case .opa:
            [
                "{}", "[]", "true", "null", #"{"result":null}"#, #"{"result":"true"}"#, #"{"result":1}"#,
                #"{"result":[true]}"#, #"{"result":{}}"#, #"{"result":{"allow":"true"}}"#,
                #"{"result":{"allow":1,"reason":"x"}}"#, #"{"result":{"allow":null}}"#, #"{"Result":true}"#,
                #"{"allow":true}"#, #"{"decision_id":"1"}"#,
            ]
        case .openFGA:
            [
                "{}", "[]", "true", "null", #"{"allowed":null}"#, #"{"allowed":"true"}"#, #"{"allowed":1}"#,
                #"{"Allowed":true}"#, #"{"result":true}"#, #"{"code":"validation_error","message":"x"}"#,
            ]
        }
    }
}
