import ConfigSchema
import Exchange
import Settings

/// One rule about a claim (JWT-7).
struct ClaimRule {
    /// The claim as it is called in the configuration.
    let name: String
    private let whole: [UInt8]
    private let path: [[UInt8]]
    private let comparison: ClaimRuleSettings.Operator
    private let value: Operand?

    /// What a claim is compared with, in the form in which claims are.
    private enum Operand {
        case string([UInt8])
        case number(JSONNumber)
        case boolean(Bool)
        case list([Operand])
    }

    init(_ settings: ClaimRuleSettings) {
        name = settings.claim
        whole = Array(settings.claim.utf8)
        path = whole.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        comparison = settings.comparison
        value = settings.value.map(Self.operand)
    }

    private static func operand(_ value: PlainValue) -> Operand {
        switch value {
        case .string(let text): .string(Array(text.utf8))
        case .integer(let number): .number(.integer(Int64(number)))
        case .fraction(let number): .number(.fraction(number))
        case .boolean(let flag): .boolean(flag)
        case .list(let values): .list(values.map(operand))
        }
    }

    /// Whether the claims keep the rule. A claim that is absent keeps only `not_exists` and `not_equals`.
    func holds(for claims: JSONView) -> Bool {
        let claim = claims[whole] ?? (path.count > 1 ? claims.at(path) : nil)
        switch comparison {
        case .exists: return claim != nil
        case .notExists: return claim == nil
        case .equals: return isEqual(claim)
        case .notEquals: return !isEqual(claim)
        case .in: return isIn(claim)
        case .contains: return contains(claim)
        case .gt: return compare(claim) { $0 > $1 }
        case .lt: return compare(claim) { $0 < $1 }
        case .gte: return compare(claim) { $0 >= $1 }
        case .lte: return compare(claim) { $0 <= $1 }
        }
    }

    private func isEqual(_ claim: JSONView?) -> Bool {
        guard let claim, let value else { return false }
        return Self.isSame(claim, value)
    }

    private static func isSame(_ claim: JSONView, _ value: Operand) -> Bool {
        switch value {
        case .string(let text): return claim.equals(text)
        case .number(let number): return claim.number.map { $0 == number } ?? false
        case .boolean(let flag): return claim.bool == flag
        case .list(let values):
            let items = claim.elements
            return claim.kind == .array && items.count == values.count && zip(items, values).allSatisfy(isSame)
        }
    }

    /// The claim, or one of its items when it is an array, is one of the list.
    private func isIn(_ claim: JSONView?) -> Bool {
        guard let claim, case .list(let values)? = value else { return false }
        let items = claim.kind == .array ? claim.elements : [claim]
        return items.contains { item in values.contains { Self.isSame(item, $0) } }
    }

    /// An array has the value as an item, a string as a part; of several values it must hold all.
    private func contains(_ claim: JSONView?) -> Bool {
        guard let claim, let value else { return false }
        if case .list(let values) = value { return !values.isEmpty && values.allSatisfy { Self.holds(claim, $0) } }
        return Self.holds(claim, value)
    }

    private static func holds(_ claim: JSONView, _ value: Operand) -> Bool {
        if claim.kind == .array { return claim.elements.contains { isSame($0, value) } }
        guard case .string(let part) = value, let text = claim.string else { return false }
        return text.contains(part)
    }

    private func compare(_ claim: JSONView?, _ isKept: (JSONNumber, JSONNumber) -> Bool) -> Bool {
        guard let number = claim?.number, case .number(let bound)? = value else { return false }
        return isKept(number, bound)
    }
}

extension [ClaimRule] {
    /// The names of the claims whose rules are broken; all are looked at.
    func broken(by claims: JSONView) -> [String] {
        var broken: [String] = []
        for rule in self where !rule.holds(for: claims) { broken.append(rule.name) }
        return broken
    }
}
