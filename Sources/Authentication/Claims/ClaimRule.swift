import ConfigSchema
import Exchange
import Settings

/// One rule about a claim (JWT-7).
package struct ClaimRule {
    /// The claim as it is called in the configuration.
    let name: String
    private let path: ClaimPath
    private let comparison: ClaimRuleSettings.Operator
    private let value: Operand?

    /// What a claim is compared with, in the form in which claims are.
    private enum Operand {
        case string([UInt8])
        case number(JSONNumber)
        case boolean(Bool)
        case list([Operand])
    }

    package init(_ settings: ClaimRuleSettings) {
        name = settings.claim
        path = ClaimPath(settings.claim)
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
    package func holds(for claims: borrowing JSONDocument) -> Bool {
        guard let claim = path.find(in: claims) else { return comparison == .notExists || comparison == .notEquals }
        switch comparison {
        case .exists: return true
        case .notExists: return false
        case .equals: return value.map { Self.isSame(claims, claim, $0) } ?? false
        case .notEquals: return value.map { !Self.isSame(claims, claim, $0) } ?? false
        case .in: return isIn(claims, claim)
        case .contains: return contains(claims, claim)
        case .gt, .lt, .gte, .lte: return compares(claims, claim)
        }
    }

    private static func isSame(_ claims: borrowing JSONDocument, _ claim: Int, _ value: Operand) -> Bool {
        switch value {
        case .string(let text): return claims.isString(claim, text)
        case .number(let number): return claims.number(at: claim).map { $0 == number } ?? false
        case .boolean(let flag): return claims.bool(at: claim) == flag
        case .list(let values):
            guard claims.kind(of: claim) == .array else { return false }
            var item = claims.firstElement(of: claim)
            for value in values {
                guard let present = item, isSame(claims, present, value) else { return false }
                item = claims.element(after: present, of: claim)
            }
            return item == nil
        }
    }

    /// The claim, or one of its items when it is an array, is one of the list.
    private func isIn(_ claims: borrowing JSONDocument, _ claim: Int) -> Bool {
        guard case .list(let values)? = value else { return false }
        for value in values {
            if Self.isSame(claims, claim, value) || Self.hasItem(claims, claim, value) { return true }
        }
        return false
    }

    /// An array has the value as an item, a string as a part; of several values it must hold all.
    private func contains(_ claims: borrowing JSONDocument, _ claim: Int) -> Bool {
        guard let value else { return false }
        guard case .list(let values) = value else { return Self.holds(claims, claim, value) }
        for value in values where !Self.holds(claims, claim, value) { return false }
        return !values.isEmpty
    }

    private static func holds(_ claims: borrowing JSONDocument, _ claim: Int, _ value: Operand) -> Bool {
        if claims.kind(of: claim) == .array { return hasItem(claims, claim, value) }
        guard case .string(let part) = value else { return false }
        return claims.string(claim, holds: part)
    }

    private static func hasItem(_ claims: borrowing JSONDocument, _ array: Int, _ value: Operand) -> Bool {
        var item = claims.firstElement(of: array)
        while let present = item {
            if isSame(claims, present, value) { return true }
            item = claims.element(after: present, of: array)
        }
        return false
    }

    private func compares(_ claims: borrowing JSONDocument, _ claim: Int) -> Bool {
        guard let number = claims.number(at: claim), case .number(let bound)? = value else { return false }
        switch comparison {
        case .gt: return number > bound
        case .lt: return number < bound
        case .gte: return number >= bound
        case .lte: return number <= bound
        case .equals, .notEquals, .in, .contains, .exists, .notExists: return false
        }
    }
}

extension [ClaimRule] {
    /// The names of the claims whose rules are broken; all are looked at.
    func broken(by claims: borrowing JSONDocument) -> [String] {
        var broken: [String] = []
        for rule in self where !rule.holds(for: claims) { broken.append(rule.name) }
        return broken
    }
}
