import NIOCore

/// One request on its way through the corridor: what the client sent and what the door knows about it.
///
/// Bound to one event loop and owned by the one task that answers it.
package final class Request {
    package let head: RequestHead
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

    // Accesses never overlap: one loop, and none of them calls others. So the check of that is left out.
    @exclusivity(unchecked) private var name: RequestID
    @exclusivity(unchecked) private var sender: Client
    @exclusivity(unchecked) private var progress: (any RequestProgress)?

    package init(
        head: consuming RequestHead, id: RequestID, from client: Client, isDraining: Bool = false,
        received: NIODeadline, deadline: NIODeadline, body: (any BodySource)?, cancellation: Cancellation
    ) {
        self.head = head
        unsafe self.name = id
        unsafe self.sender = client
        self.isDraining = isDraining
        self.received = received
        self.deadline = deadline
        self.body = body
        self.cancellation = cancellation
    }

    /// Ours, unless a trusted hop has named the request before.
    package var id: RequestID {
        get { unsafe name }
        set { unsafe name = newValue }
    }

    /// How far its responder got before it had to wait.
    package var carried: (any RequestProgress)? {
        get { unsafe progress }
        set { unsafe progress = newValue }
    }

    /// Who sent the request: the connection's client, until admission finds another one behind trusted hops.
    package var client: Client {
        get { unsafe sender }
        set { unsafe sender = newValue }
    }
}

/// What a responder keeps with a request between its first look and the task that answers it.
package protocol RequestProgress: AnyObject {}
