import NIOCore

/// One request on its way through the corridor: what the client sent and what the door knows about it.
///
/// Bound to one event loop and owned by the one task that answers it.
package final class Request {
    package let head: RequestHead
    package let id: RequestID
    /// The address of the connection's other end.
    package let peer: SocketAddress?
    /// The client's address as text, rendered once for its connection.
    package let clientAddress: ByteBuffer
    /// Whether the client's side is TLS.
    package let isSecure: Bool
    /// Whether the connection or the process is past its limits, so that only the proxy's own paths are served.
    package let isOverLimit: Bool
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
        head: consuming RequestHead, id: RequestID, peer: SocketAddress?, clientAddress: ByteBuffer, isSecure: Bool,
        isOverLimit: Bool = false,
        isDraining: Bool = false, received: NIODeadline, deadline: NIODeadline, body: (any BodySource)?,
        cancellation: Cancellation
    ) {
        self.head = head
        self.id = id
        self.peer = peer
        self.clientAddress = clientAddress
        self.isSecure = isSecure
        self.isOverLimit = isOverLimit
        self.isDraining = isDraining
        self.received = received
        self.deadline = deadline
        self.body = body
        self.cancellation = cancellation
    }
}
