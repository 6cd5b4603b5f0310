import NIOCore

/// A request line and its fields as the wire gave them, checked for framing and form.
@usableFromInline package struct RequestHead: Sendable {
    @usableFromInline package var method: Method = .get
    /// The method's own bytes when `method` is `.other`, for the log.
    package var methodToken: ByteBuffer?
    /// The path of the target, still percent-encoded, without query (a raw `#` is refused by the parser).
    /// `*` for the asterisk form. An absolute-form target is reduced to its path and query.
    package var path: ByteBuffer
    /// The query without `?`; nil when the target holds none, empty for a trailing `?`.
    package var query: ByteBuffer?
    /// The minor version of HTTP/1: 0 or 1.
    package var minorVersion: UInt8 = 1
    package var fields: FieldBlock
    @usableFromInline package var framing: BodyFraming = .none
    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    package var keepsAlive = true
    /// `Expect: 100-continue` was sent.
    package var expectsContinue = false

    package init() { self.init(in: ByteBuffer()) }

    /// A head that is still to be read from `bytes`. An empty buffer in its place would be one that all loops share,
    /// and fight over its references.
    package init(in bytes: ByteBuffer) {
        path = bytes
        fields = FieldBlock(bytes: bytes)
    }

    // Patterns instead of `==`, which another module can only call through its witness.

    @inlinable package var isGet: Bool { if case .get = method { true } else { false } }
    @inlinable package var isHead: Bool { if case .head = method { true } else { false } }
    @inlinable package var isOptions: Bool { if case .options = method { true } else { false } }
    @inlinable package var isConnect: Bool { if case .connect = method { true } else { false } }
    @inlinable package var hasBody: Bool { if case .none = framing { false } else { true } }
}

/// How the end of a message's body is known (RFC 9112 §6).
@usableFromInline package enum BodyFraming: Sendable, Equatable {
    /// No body.
    case none
    /// Exactly so many bytes.
    case length(Int64)
    case chunked
    /// Responses only: the body ends with the connection.
    case untilClose
}
