/// What is decided about one question. Reasons are for the log.
package enum Decision: Equatable, Sendable {
    case allow
    case deny(reason: String)
    /// Whoever decides could not be asked, or gave no decision: never a yes.
    case unavailable(reason: String)
    /// We are too busy to ask, or the provider refuses the question itself: not even `fail_mode: open` makes it a yes,
    /// for whoever asks could bring it about.
    case undecidable(reason: String)
}
