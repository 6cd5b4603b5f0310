/// A value of a YAML document with its place.
///
/// A class, because aliases share nodes; immutable, and never deeper than `TreeBuilder.depthLimit`.
final class Node: Sendable {
    enum Content: Sendable {
        case scalar(String, ScalarStyle)
        case sequence([Node])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var keyExtent: Extent
        var value: Node
    }

    let content: Content
    let extent: Extent
    /// False when an anchor or a tag stands in `extent` too.
    let isBare: Bool
    /// How many nodes a walk over this one visits, aliases followed.
    let weight: Int
    /// How many levels of collections are in it, aliases followed; 0 for a scalar.
    let height: Int

    init(_ content: Content, extent: Extent, isBare: Bool, weight: Int, height: Int) {
        self.content = content
        self.extent = extent
        self.isBare = isBare
        self.weight = weight
        self.height = height
    }

    /// Where a diagnostic about the whole node points: a scalar itself, a mapping's first key, a list's start.
    var headExtent: Extent {
        switch content {
        case .mapping(let entries): entries.first?.keyExtent ?? extent
        case .scalar, .sequence: extent
        }
    }

    /// True for null: `~`, `null` or nothing at all, unquoted.
    var isNull: Bool {
        if case .scalar(let text, .plain) = content { PlainKind(text) == .null } else { false }
    }

    /// What the node is, in the words of a diagnostic.
    var kindName: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let text, let style): style == .plain ? PlainKind(text).name : "a string"
        }
    }
}
