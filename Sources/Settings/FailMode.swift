import ConfigSchema

/// What happens to a request when whoever decides about it cannot be asked.
package enum FailMode: String, ChoiceSetting {
    /// It is refused.
    case closed
    /// It passes, and is counted.
    case open
}
