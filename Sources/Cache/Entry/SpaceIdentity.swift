/// What a space is called outside this process, where its number means nothing: 16 bytes made of the bucket and its
/// origin.
package struct SpaceIdentity: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// Tells the numbers of spaces and their identities apart and together. Asked from any thread.
package protocol SpaceDirectory: Sendable {
    func identity(of space: UInt32) -> SpaceIdentity?
    /// Nil for a bucket that is not configured any more.
    func space(of identity: SpaceIdentity) -> UInt32?
}
