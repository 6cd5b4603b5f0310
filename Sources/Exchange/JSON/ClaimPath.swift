/// Where a configured claim stands: dots lead into objects, unless a claim has just that name, as names that are URLs
/// do.
package struct ClaimPath: Sendable {
    private let whole: [UInt8]
    private let steps: [[UInt8]]

    package init(_ name: String) {
        whole = Array(name.utf8)
        steps = whole.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
    }

    /// The claim's index among the document's values; nil when it is absent.
    package func find(in claims: borrowing JSONDocument) -> Int? {
        if let own = claims.member(of: JSONDocument.rootIndex, named: whole) { return own }
        return steps.count > 1 ? claims.value(at: steps) : nil
    }
}
