/// What is decided about one question. Reasons are for the log.
package enum Decision: Equatable, Sendable {
    case allow
    case deny(reason: String)
    /// Whoever decides could not be asked, or gave no decision: never a yes.
    case unavailable(reason: String)
}
