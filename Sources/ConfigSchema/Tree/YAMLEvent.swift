/// One step of a YAML parse, as libyaml reports it, in Swift's own values.
struct YAMLEvent: Sendable {
    enum Kind: Sendable, Equatable {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(String, ScalarStyle)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    var kind: Kind
    /// Includes the anchor and the tag, where there are any.
    var extent: Extent
    var anchor: String?
    var hasTag = false
}

/// How a scalar is written: only a plain one may be a number, a boolean or null (YAML 1.2 §10.3.2).
enum ScalarStyle: Sendable, Equatable {
    case plain, quoted, block
}

/// What libyaml found wrong with the text; its words are constants of libyaml and never hold a part of the text.
struct SyntaxProblem: Sendable, Equatable {
    var message: String
    var mark: Mark
}
