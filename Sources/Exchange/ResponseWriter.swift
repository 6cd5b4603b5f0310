import NIOCore

/// The client's side of an exchange, given to the corridor by a door (HTTP/1.1 now, HTTP/2 beside it).
///
/// Exactly one of `send` and `begin` is called, once. The door adds `Date`, `Connection`, the id and the framing, and
/// leaves the body out for HEAD by itself. Bound to one event loop.
package protocol ResponseWriter: AnyObject {
    /// Sends a whole answer at once; `Content-Length` is the body's.
    func send(_ head: ResponseHead, body: ByteBuffer)
    /// Starts an answer whose body follows. Without a body to come (HEAD, 304, 204) call `end` next.
    func begin(_ head: ResponseHead, framing: ResponseFraming)
    /// Takes body bytes over, to be sent with the next `flush`, `waitUntilWritable` or `end`. Answers whether more may
    /// follow at once; otherwise `waitUntilWritable` must come first.
    func write(_ chunk: ByteBuffer) -> Bool
    /// Sends what there is and suspends while the client does not take it.
    func waitUntilWritable() async throws(ClientGone)
    /// Sends what there is, before a wait for more.
    func flush()
    /// The answer is complete.
    func end()
    /// The answer cannot be completed: the connection is closed so that the client can tell.
    func abort()
    /// Bytes of this answer given to the connection, heads and framing left out.
    var bodyBytesSent: Int64 { get }
}

/// How the client is told where an answer's body ends.
package enum ResponseFraming: Sendable, Equatable {
    /// `Content-Length`; for HEAD and 304 the length that a GET would have had.
    case length(Int64)
    /// Of unknown length: chunked, or until close towards HTTP/1.0.
    case unknown
    /// A status that never has a body and no `Content-Length` either (204, 304 without one).
    case absent
}

/// The client left, or stopped taking bytes for too long.
package struct ClientGone: Error, Sendable, Equatable {
    package init() {}
}

/// Answers requests: the corridor, as a door sees it. One instance for each event loop.
package protocol Responder: AnyObject {
    /// Answers a request that needs no wait, and says so; otherwise `respond` is called in a task.
    func respondAtOnce(to request: Request, through writer: any ResponseWriter) -> Bool
    /// Answers one request, transfer included. `request.cancellation` tells when the client leaves.
    func respond(to request: Request, through writer: any ResponseWriter) async
    /// Answers what is not a request; the door closes the connection afterwards.
    func refuse(_ refusal: Refusal, through writer: any ResponseWriter)
}

/// What a door could not take as a request, and why.
package struct Refusal {
    package let fault: Fault
    package let id: RequestID
    package let clientAddress: ByteBuffer
    package let received: NIODeadline

    package init(fault: Fault, id: RequestID, clientAddress: ByteBuffer, received: NIODeadline) {
        self.fault = fault
        self.id = id
        self.clientAddress = clientAddress
        self.received = received
    }
}
