/// The bounds of what a server may answer.
package struct RESPLimits: Sendable, Equatable {
    /// Bytes of one string.
    package var maxBulkLength: Int
    /// Values in one reply, however nested.
    package var maxElements: Int
    /// Aggregates within aggregates.
    package var maxDepth: Int
    /// Bytes of a line: numbers, short strings, errors.
    package var maxLineLength: Int
    /// A string of at least so many bytes shares the memory it was read into; a smaller one is copied, so that it does
    /// not keep much more memory than its own alive.
    package var sharesFrom: Int

    package init(
        maxBulkLength: Int, maxElements: Int = 4_096, maxDepth: Int = 8, maxLineLength: Int = 16_384,
        sharesFrom: Int = 32_768
    ) {
        self.maxBulkLength = maxBulkLength
        self.maxElements = maxElements
        self.maxDepth = maxDepth
        self.maxLineLength = maxLineLength
        self.sharesFrom = sharesFrom
    }
}
