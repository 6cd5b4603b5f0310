import Settings

/// Decides as an OpenFGA server says (FGA-1). Bound to its event loop.
package final class OpenFGAAuthorizer: Authorizer {
    package let provider: StaticString = "openfga"
    package let failMode: FailMode
    private let dialect: OpenFGADialect
    private let consultation: Consultation
    private var scratch: [UInt8] = []

    package init(_ dialect: OpenFGADialect, _ consultation: Consultation, failMode: FailMode) {
        self.dialect = dialect
        self.consultation = consultation
        self.failMode = failMode
    }

    package func decide(_ question: AccessQuestion) async -> Decision {
        scratch.removeAll(keepingCapacity: true)
        let objectStart: Int
        do throws(TupleFailure) {
            objectStart = try dialect.writeTuple(of: question, to: &scratch)
        } catch {
            return .deny(reason: error.explanation)
        }
        let key = DecisionKey(scratch)
        switch consultation.find(key) {
        case .known(let decision): return decision
        case .theirs(let open): return await open.outcome()
        case .ours(let open):
            let request = dialect.encode(key.bytes, objectStart: objectStart)
            return await consultation.ask(request, for: open, key, read: OpenFGADialect.decision)
        }
    }

    package func knownDecision(_ question: AccessQuestion) -> Decision? {
        scratch.removeAll(keepingCapacity: true)
        guard (try? dialect.writeTuple(of: question, to: &scratch)) != nil else { return nil }
        return consultation.known(DecisionKey(scratch))
    }

    package func shutDown() { consultation.shutDown() }
}
