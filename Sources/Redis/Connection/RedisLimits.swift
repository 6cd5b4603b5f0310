import NIOCore

/// The bounds and timeouts of the connections of one event loop.
package struct RedisLimits: Sendable, Equatable {
    package var maxConnections: Int
    /// Commands without a reply on one connection.
    package var maxOutstanding: Int
    /// Bytes that one connection has not sent yet; beyond it takes no further command.
    package var maxUnsentBytes: Int
    /// Commands that wait for a connection.
    package var maxWaiting: Int
    /// Name, TCP, TLS, greeting and, with Sentinel, the question for the master: all of it.
    package var connectTimeout: TimeAmount
    /// From the call to the reply, the wait for a connection included.
    package var operationTimeout: TimeAmount
    package var replies: RESPLimits

    package init(
        maxConnections: Int, maxOutstanding: Int, maxUnsentBytes: Int, maxWaiting: Int, connectTimeout: TimeAmount,
        operationTimeout: TimeAmount, replies: RESPLimits
    ) {
        self.maxConnections = maxConnections
        self.maxOutstanding = maxOutstanding
        self.maxUnsentBytes = maxUnsentBytes
        self.maxWaiting = maxWaiting
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.replies = replies
    }
}
