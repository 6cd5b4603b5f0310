import NIOCore

/// The bounds and timeouts of one origin's pool on one event loop.
package struct PoolLimits: Sendable, Equatable {
    package var maxConnections: Int
    package var maxWaiting: Int
    package var connectTimeout: TimeAmount
    /// From the request to the head of the answer.
    package var firstByteTimeout: TimeAmount
    package var bodyIdleTimeout: TimeAmount
    /// The whole exchange; nil means no bound.
    package var totalTimeout: TimeAmount?
    /// How long an unused connection is kept. Below the usual keep-alive of servers.
    package var idleTimeout: TimeAmount

    package init(
        maxConnections: Int, maxWaiting: Int, connectTimeout: TimeAmount, firstByteTimeout: TimeAmount,
        bodyIdleTimeout: TimeAmount, totalTimeout: TimeAmount?, idleTimeout: TimeAmount
    ) {
        self.maxConnections = maxConnections
        self.maxWaiting = maxWaiting
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.bodyIdleTimeout = bodyIdleTimeout
        self.totalTimeout = totalTimeout
        self.idleTimeout = idleTimeout
    }
}
