import Exchange
import NIOCore
import Network
import Settings
import Transport

/// Finds a decision: among those that are kept, with whoever asks for it already, or at the provider. One for each
/// bucket and event loop, to be used there.
package struct Consultation {
    private let table: DecisionTable
    private let call: ProviderCall
    private let metrics: ProviderMetrics
    /// The time by which decisions age.
    private let clock: () -> NIODeadline

    /// `clock` is the loop's own unless a test passes its own.
    package init(
        table: DecisionTable, pool: OriginPool, loop: LoopContext, timeout: Duration, metrics: ProviderMetrics,
        clock: (() -> NIODeadline)? = nil
    ) {
        self.table = table
        self.metrics = metrics
        self.clock = clock ?? { loop.moment }
        call = ProviderCall(pool: pool, loop: loop, timeout: TimeAmount(timeout))
    }

    /// Looks the decision up; where nobody knows it the caller must `ask`.
    func find(_ key: DecisionKey) -> DecisionTable.Finding {
        let finding = table.find(key, at: clock())
        if case .known = finding { metrics.hit() } else { metrics.missed() }
        return finding
    }

    /// The decision, if it is known.
    func known(_ key: DecisionKey) -> Decision? {
        guard let decision = table.known(key, at: clock()) else { return nil }
        metrics.hit()
        return decision
    }

    /// Asks the provider and tells everybody who waits. Without a request there is nothing to ask: the answer is no.
    func ask(
        _ request: ByteBuffer?, for open: OpenDecision, _ key: DecisionKey,
        read: (JSONDocument) -> Decision?
    ) async -> Decision {
        let decision: Decision
        if let request {
            decision = await put(request, read)
        } else {
            decision = .deny(reason: "the path is not UTF-8")
        }
        table.settle(open, key, decision, at: clock())
        return decision
    }

    private func put(_ request: ByteBuffer, _ read: (JSONDocument) -> Decision?) async -> Decision {
        let began = NIODeadline.now()
        defer { metrics.decided(after: .now() - began) }
        do throws(AuthorizationFailure) {
            let bytes = try await call.post(request) { metrics.asked() }
            return try Self.decision(in: bytes, read)
        } catch {
            metrics.failed()
            let reason = error.explanation
            return error.isOfTheAsker ? .undecidable(reason: reason) : .unavailable(reason: reason)
        }
    }

    private static func decision(
        in bytes: [UInt8], _ read: (JSONDocument) -> Decision?
    ) throws(AuthorizationFailure) -> Decision {
        let document: JSONDocument
        do throws(JSONFailure) {
            document = try JSONDocument(bytes, limits: answerLimits)
        } catch {
            throw .malformedAnswer(error)
        }
        guard let decision = read(document) else { throw .noDecision }
        return decision
    }

    /// Far more than a decision holds.
    private static let answerLimits = JSONLimits(depth: 32, nodes: 4_096)

    func shutDown() { call.pool.shutDown() }
}
