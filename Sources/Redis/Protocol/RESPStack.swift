/// The aggregates of one reply that have begun and are not complete, the outermost first.
struct RESPStack: Sendable {
    enum Kind: Sendable { case array, set, map, push, attribute }

    private struct Aggregate: Sendable {
        let kind: Kind
        /// Values that are still to come; a pair is two.
        var missing: Int
        var elements: [RESPValue] = []
    }

    private var open: [Aggregate] = []
    /// Values announced in this reply.
    private var announced = 0

    /// An aggregate begins. Gives it at once when it is empty and a value.
    mutating func begin(_ kind: Kind, count: Int, _ limits: RESPLimits) throws(RESPFailure) -> RESPValue? {
        guard kind != .push || open.isEmpty else { throw .nestedPush }
        guard count <= limits.maxElements else { throw .tooManyElements }
        let values = kind == .map || kind == .attribute ? count * 2 : count
        announced += values
        guard announced <= limits.maxElements else { throw .tooManyElements }
        guard open.count < limits.maxDepth else { throw .tooDeep }
        guard values == 0 else {
            var aggregate = Aggregate(kind: kind, missing: values)
            // The count is the server's word; memory follows what comes.
            aggregate.elements.reserveCapacity(min(values, 64))
            open.append(aggregate)
            return nil
        }
        return Self.value(kind, [])
    }

    /// Puts a value where it belongs; gives the reply when it is complete with it.
    mutating func place(_ value: RESPValue) throws(RESPFailure) -> RESPValue? {
        var value = value
        while let last = open.indices.last {
            if open[last].kind != .attribute { open[last].elements.append(value) }
            open[last].missing -= 1
            guard open[last].missing == 0, let complete = open.popLast() else { return nil }
            guard let whole = Self.value(complete.kind, complete.elements) else { return nil }
            value = whole
        }
        announced = 0
        return value
    }

    /// Nil for an attribute, which says something about the value behind it that nobody here wants to know.
    private static func value(_ kind: Kind, _ elements: [RESPValue]) -> RESPValue? {
        switch kind {
        case .array: .array(elements)
        case .set: .set(elements)
        case .push: .push(elements)
        case .map:
            .map(
                stride(from: 0, to: elements.count - 1, by: 2).map {
                    RESPPair(key: elements[$0], value: elements[$0 + 1])
                })
        case .attribute: nil
        }
    }
}
