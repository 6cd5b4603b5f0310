/// How much of a head a parser takes before it refuses (HTTP-6).
package struct WireLimits: Sendable, Equatable {
    /// Bytes of the request target; a longer one is `targetTooLong`.
    package var maxTargetLength: Int
    /// Bytes of a whole head, from the first line to the empty line; a longer one is `headTooLong`.
    package var maxHeadLength: Int
    /// Field lines of one head.
    package var maxFields: Int

    package init(maxTargetLength: Int = 8192, maxHeadLength: Int = 65536, maxFields: Int = 128) {
        self.maxTargetLength = maxTargetLength
        self.maxHeadLength = maxHeadLength
        self.maxFields = maxFields
    }
}
