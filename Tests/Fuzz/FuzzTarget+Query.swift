import NIOCore
import S3

extension FuzzTarget {
    /// A client's query: what of it reaches the origin, and how it is written.
    static let query = FuzzTarget(name: "query") { input in
        let raw = [UInt8](input.readableBytesView)
        let query: ObjectQuery
        do throws(QueryFailure) {
            query = try ObjectQuery.parse(raw.span, allowsOverrides: true)
        } catch {
            precondition(kept(of: raw) == nil, "refused for \(error), which it does not have")
            return
        }
        let parameters = query.parameters.map { Kept(name: Array("\($0.name.text)".utf8), value: $0.value) }
        precondition(parameters == kept(of: raw), "not what the query says")
        precondition(query.isEmpty == parameters.isEmpty, "empty or not?")
        checkWriting(query)
        checkOverrides(raw, query)
        precondition(read(Array("acl&x=%zz&".utf8) + raw + Array("&%=&=1".utf8)) == query, "foreign parameters matter")
    }

    private struct Kept: Equatable {
        var name: [UInt8]
        var value: [UInt8]
    }

    /// What passes, read in another way: split, decoded, sorted. Nil when the query must be refused.
    private static func kept(of raw: [UInt8]) -> [Kept]? {
        let names = Set(ObjectQuery.Name.allCases.map { Array("\($0.text)".utf8) })
        var found: [Kept] = []
        for parameter in raw.split(separator: UInt8(ascii: "&")) {
            let sides = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[1].isEmpty, let name = decoded(sides[0]),
                names.contains(name)
            else { continue }
            guard let value = decoded(sides[1]),
                value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), !found.contains(where: { $0.name == name })
            else { return nil }
            found.append(Kept(name: name, value: value))
        }
        return found.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    private static func decoded(_ side: ArraySlice<UInt8>) -> [UInt8]? {
        PercentEncoding.decoded(side.span, plusIsSpace: true)
    }

    /// What is written has only legal bytes, is sorted, and reads as the same.
    private static func checkWriting(_ query: ObjectQuery) {
        var out = ByteBuffer()
        query.write(to: &out)
        let written = [UInt8](out.readableBytesView)
        guard !query.isEmpty else { return precondition(written.isEmpty, "something out of nothing") }
        var previous: [UInt8] = []
        for parameter in written.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let sides = parameter.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false).map {
                Array($0)
            }
            precondition(sides.count == 2 && !sides[1].isEmpty, "not a name and a value")
            precondition(sides.allSatisfy(isPercentEncoded), "a byte to be encoded")
            precondition(previous.lexicographicallyPrecedes(sides[0]), "not in the order of signing")
            previous = sides[0]
        }
        precondition(read(written) == query, "reads as another query")
    }

    /// Without overrides the version is all that passes, whatever the overrides look like.
    private static func checkOverrides(_ raw: [UInt8], _ query: ObjectQuery) {
        guard let bare = read(raw, allowsOverrides: false) else {
            preconditionFailure("refused only where less passes")
        }
        precondition(bare.parameters == query.parameters.filter { $0.name == .versionID }, "more than the version")
    }

    private static func read(_ raw: [UInt8], allowsOverrides: Bool = true) -> ObjectQuery? {
        try? ObjectQuery.parse(raw.span, allowsOverrides: allowsOverrides)
    }
}
