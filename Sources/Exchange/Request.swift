import NIOCore

/// One request on its way through the corridor: what the client sent and what the door knows about it.
///
/// Bound to one event loop and owned by the one task that answers it.
package final class Request {
    package let head: RequestHead
    package let id: RequestID
    package let client: Client
    /// Whether the server is closing: only the proxy's own paths are served.
    package let isDraining: Bool
    /// When the head was complete.
    package let received: NIODeadline
    /// When the response head must have been sent.
    package let deadline: NIODeadline
    /// The request's own body; nil when it has none.
    package let body: (any BodySource)?
    /// Tells who works for this request that its client has left.
    package let cancellation: Cancellation

    package init(
        head: consuming RequestHead, id: RequestID, from client: Client, isDraining: Bool = false,
        received: NIODeadline, deadline: NIODeadline, body: (any BodySource)?, cancellation: Cancellation
    ) {
        self.head = head
        self.id = id
        self.client = client
        self.isDraining = isDraining
        self.received = received
        self.deadline = deadline
        self.body = body
        self.cancellation = cancellation
    }
}

/// Who sends the requests of one connection.
package final class Client {
    /// The address of the connection's other end as text, without the port.
    package let address: ByteBuffer
    /// Whether the connection is past a limit, so that only the proxy's own paths are served.
    package let isOverLimit: Bool

    package init(address: ByteBuffer, isOverLimit: Bool = false) {
        self.address = address
        self.isOverLimit = isOverLimit
    }
}
