/// What is wrong with the shape of a document that libyaml itself could read.
struct StructuralProblem: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// The key's text, to be shown only if it cannot be a secret, and the line of the first one, from 0.
        case duplicateKey(String, firstLine: Int)
        case mergeKey, complexKey, tag, secondDocument, unknownAlias, aliasesTooLarge, tooDeep, tooManyNodes
    }

    var kind: Kind
    var extent: Extent

    /// The words of every kind but `duplicateKey`'s.
    var message: String {
        switch kind {
        case .duplicateKey: "the key is given twice"
        case .mergeKey: "merge keys (`<<`) are not supported"
        case .complexKey: "a key must be a plain name"
        case .tag: "tags are not supported"
        case .secondDocument: "only one document is read"
        case .unknownAlias: "the alias names no anchor above it"
        case .aliasesTooLarge: "the alias makes the document too large"
        case .tooDeep: "nested deeper than \(TreeBuilder.depthLimit) levels"
        case .tooManyNodes: "more than \(TreeBuilder.nodeLimit) values"
        }
    }

    var hint: String? {
        switch kind {
        case .duplicateKey(_, let firstLine): "the first one is on line \(firstLine + 1)"
        case .mergeKey: "write the keys out"
        case .tag: "the type follows from the key; remove the tag"
        case .secondDocument: "remove the `---` and what follows it"
        case .complexKey, .unknownAlias, .aliasesTooLarge, .tooDeep, .tooManyNodes: nil
        }
    }
}
