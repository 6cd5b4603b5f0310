/// One walk of the fields over a document: reads values, and keeps every problem with its place.
struct Decoding: Sendable {
    /// More problems than this are counted, not kept.
    static let problemLimit = 10_000

    let environment: [String: String]
    let vocabulary: KeyVocabulary
    private(set) var problems: [PlacedProblem] = []
    private(set) var droppedProblemCount = 0
    private(set) var disclosure = Disclosure()
    /// Where each path stands; absent paths are not in it.
    private var places: [String: Extent] = [:]
    private var refusedPaths: Set<String> = []

    struct PlacedProblem: Sendable, Equatable {
        var extent: Extent
        var message: String
        var hint: String?
    }

    enum Decoded<Value: Sendable>: Sendable {
        case value(Value)
        case absent
        case refused
    }

    init(environment: [String: String], vocabulary: KeyVocabulary) {
        self.environment = environment
        self.vocabulary = vocabulary
    }

    mutating func report(_ extent: Extent, _ message: String, hint: String? = nil) {
        guard problems.count < Self.problemLimit else {
            droppedProblemCount += 1
            return
        }
        problems.append(PlacedProblem(extent: extent, message: message, hint: hint))
    }

    /// How many more problems are kept.
    var room: Int { max(0, Self.problemLimit - problems.count) }

    /// Counts problems that are not kept.
    mutating func drop(_ count: Int) { droppedProblemCount += count }

    /// Reports what a check found at `path`, unless the value there, or one around it, was refused already.
    mutating func reportFinding(at path: String, _ message: String, hint: String?) {
        var ancestor = Substring(path)
        while true {
            if refusedPaths.contains(String(ancestor)) { return }
            guard let parent = Self.parent(of: ancestor) else { break }
            ancestor = parent
        }
        refusedPaths.insert(path)
        report(place(of: path), path.isEmpty ? "the file \(message)" : "`\(path)` \(message)", hint: hint)
    }

    /// The place of the path, or of the innermost thing around it that is there.
    private func place(of path: String) -> Extent {
        var ancestor: Substring? = Substring(path)
        while let current = ancestor {
            if let place = places[String(current)] { return place }
            ancestor = Self.parent(of: current)
        }
        return Extent(start: .zero, end: .zero)
    }

    /// `a.b[1]` → `a.b` → `a` → `` → nil.
    private static func parent(of path: Substring) -> Substring? {
        guard !path.isEmpty else { return nil }
        guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return "" }
        return path[..<cut]
    }

    mutating func setPlace(_ extent: Extent, of path: String) { places[path] = extent }

    mutating func refuse(_ path: String) { refusedPaths.insert(path) }

    mutating func disclose(key extent: Extent) { disclosure.keys.insert(extent) }

    mutating func discloseUnknownKey(_ extent: Extent, isShown: Bool) {
        if isShown { disclosure.keys.insert(extent) }
        disclosure.closedLines.formUnion(extent.start.line...max(extent.start.line, extent.end.line))
    }

    mutating func disclose(_ node: Node, _ text: String, isSecret: Bool) {
        let isHarmless = isSecret ? Disclosure.isReference(text) : Disclosure.isHarmless(text)
        if isSecret, !isHarmless { disclosure.hidden.insert(node.extent) }
        if isHarmless, node.isBare, node.extent.isOnOneLine { disclosure.values.insert(node.extent) }
    }
}
