/// Builds the tree of one document from events, and finds what a configuration may not hold.
///
/// Merge keys, tags, several documents and duplicate keys are refused rather than guessed at. Aliases share nodes; the
/// number of nodes with aliases followed and the depth are bounded, so that ten lines of aliases cannot become a
/// million values ("billion laughs").
///
///     stack:  [ mapping(pending: "buckets"), sequence, mapping(pending: nil) ]
///     node  → the innermost frame: an item, a key, or the pending key's value
struct TreeBuilder {
    static let depthLimit = 64
    static let nodeLimit = 200_000

    private(set) var root: Node?
    private(set) var problems: [StructuralProblem] = []
    /// Every scalar and alias, keys too, and the anchors and tags before collections: what an excerpt must know.
    private(set) var tokens: [Extent] = []
    private var stack: [Frame] = []
    private var anchors: [String: Node] = [:]
    private var nodeCount = 0
    private var documentCount = 0

    private struct Frame {
        var isMapping: Bool
        var start: YAMLEvent
        var items: [Node] = []
        var entries: [Node.Entry] = []
        var firstLines: [String: Int] = [:]
        var pending: Pending = .none
        var weight = 1
        var height = 1
    }

    private enum Pending {
        case none
        case key(String, Extent)
        /// The key was refused: its value is dropped.
        case refused
    }

    /// Takes the next event; false ends the parse.
    mutating func take(_ event: YAMLEvent) -> Bool {
        if event.hasTag { problems.append(.init(kind: .tag, extent: event.extent)) }
        switch event.kind {
        case .streamStart, .streamEnd, .documentEnd: return true
        case .documentStart:
            documentCount += 1
            guard documentCount > 1 else { return true }
            problems.append(.init(kind: .secondDocument, extent: event.extent))
            return false
        case .scalar(let text, let style):
            tokens.append(event.extent)
            let isBare = event.anchor == nil && !event.hasTag
            let node = Node(.scalar(text, style), extent: event.extent, isBare: isBare, weight: 1, height: 0)
            return add(node, anchor: event.anchor)
        case .alias(let name):
            tokens.append(event.extent)
            return addAlias(name, event.extent)
        case .sequenceStart: return open(event, isMapping: false)
        case .mappingStart: return open(event, isMapping: true)
        case .sequenceEnd, .mappingEnd: return close(event)
        }
    }

    private mutating func open(_ event: YAMLEvent, isMapping: Bool) -> Bool {
        if event.anchor != nil || event.hasTag { tokens.append(event.extent) }
        guard stack.count < Self.depthLimit else { return stop(.tooDeep, event.extent) }
        stack.append(Frame(isMapping: isMapping, start: event))
        return true
    }

    private mutating func close(_ event: YAMLEvent) -> Bool {
        guard let frame = stack.popLast() else { return false }
        let node = Node(
            frame.isMapping ? .mapping(frame.entries) : .sequence(frame.items),
            extent: Extent(start: frame.start.extent.start, end: event.extent.end),
            isBare: frame.start.anchor == nil && !frame.start.hasTag, weight: frame.weight, height: frame.height)
        return add(node, anchor: frame.start.anchor)
    }

    private mutating func addAlias(_ name: String, _ extent: Extent) -> Bool {
        let absent = Node(.scalar("", .plain), extent: extent, isBare: false, weight: 1, height: 0)
        guard let target = anchors[name] else {
            problems.append(.init(kind: .unknownAlias, extent: extent))
            return add(absent, anchor: nil)
        }
        let weight = stack.reduce(target.weight) { $0 &+ $1.weight }
        guard weight < Self.nodeLimit, stack.count + target.height <= Self.depthLimit else {
            problems.append(.init(kind: .aliasesTooLarge, extent: extent))
            return add(absent, anchor: nil)
        }
        return add(target, anchor: nil)
    }

    private mutating func add(_ node: Node, anchor: String?) -> Bool {
        nodeCount += 1
        guard nodeCount <= Self.nodeLimit else { return stop(.tooManyNodes, node.extent) }
        if let anchor { anchors[anchor] = node }
        guard let last = stack.indices.last else {
            root = node
            return true
        }
        stack[last].weight += node.weight
        stack[last].height = max(stack[last].height, node.height + 1)
        guard stack[last].isMapping else {
            stack[last].items.append(node)
            return true
        }
        switch stack[last].pending {
        case .none: stack[last].pending = key(node, in: last)
        case .refused: stack[last].pending = .none
        case .key(let key, let extent):
            stack[last].entries.append(Node.Entry(key: key, keyExtent: extent, value: node))
            stack[last].pending = .none
        }
        return true
    }

    private mutating func key(_ node: Node, in frame: Int) -> Pending {
        guard case .scalar(let text, let style) = node.content else {
            problems.append(.init(kind: .complexKey, extent: node.headExtent))
            return .refused
        }
        if text == "<<", style == .plain {
            problems.append(.init(kind: .mergeKey, extent: node.extent))
            return .refused
        }
        if let first = stack[frame].firstLines[text] {
            problems.append(.init(kind: .duplicateKey(text, firstLine: first), extent: node.extent))
            return .refused
        }
        stack[frame].firstLines[text] = node.extent.start.line
        return .key(text, node.extent)
    }

    private mutating func stop(_ kind: StructuralProblem.Kind, _ extent: Extent) -> Bool {
        problems.append(.init(kind: kind, extent: extent))
        return false
    }
}
