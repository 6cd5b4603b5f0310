import Settings

/// Decides who may read one bucket. One instance for each event loop, to be called there.
package protocol Authorizer: AnyObject {
    /// The name under which it is configured, for the log.
    var provider: StaticString { get }
    /// What becomes of a request when there is no decision.
    var failMode: FailMode { get }
    /// Answers at once where the decision is known, and otherwise within the provider's timeout, also when the client
    /// leaves meanwhile: others may wait for the same decision.
    func decide(_ question: AccessQuestion) async -> Decision
    /// The decision where it is known; nil where `decide` would have to wait.
    func knownDecision(_ question: AccessQuestion) -> Decision?
    /// Lets its connections go.
    func shutDown()
}
