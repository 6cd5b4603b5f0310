import Settings

/// Decides as an Open Policy Agent says (OPA-1). Bound to its event loop.
package final class OPAAuthorizer: Authorizer {
    package let provider: StaticString = "opa"
    package let failMode: FailMode
    private let dialect: OPADialect
    private let consultation: Consultation
    private var scratch: [UInt8] = []

    package init(_ dialect: OPADialect, _ consultation: Consultation, failMode: FailMode) {
        self.dialect = dialect
        self.consultation = consultation
        self.failMode = failMode
    }

    package func decide(_ question: AccessQuestion) async -> Decision {
        scratch.removeAll(keepingCapacity: true)
        dialect.writeKey(of: question, to: &scratch)
        let key = DecisionKey(scratch)
        switch consultation.find(key) {
        case .known(let decision): return decision
        case .theirs(let open): return await open.outcome()
        case .ours(let open):
            return await consultation.ask(dialect.encode(question), for: open, key, read: OPADialect.decision)
        }
    }

    package func knownDecision(_ question: AccessQuestion) -> Decision? {
        scratch.removeAll(keepingCapacity: true)
        dialect.writeKey(of: question, to: &scratch)
        return consultation.known(DecisionKey(scratch))
    }

    package func shutDown() { consultation.shutDown() }
}
