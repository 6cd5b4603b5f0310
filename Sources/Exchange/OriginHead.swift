import NIOCore

/// A status line and its fields as an origin sent them.
package struct OriginHead: Sendable {
    package var status: UInt16 = 0
    package var minorVersion: UInt8 = 1
    package var fields: FieldBlock
    /// Framing of the body, given the request's method (RFC 9112 §6.3): none for HEAD, 1xx, 204 and 304.
    package var framing: BodyFraming = .none
    /// The value of Content-Length, also where the message has no body (HEAD, 304).
    package var declaredLength: Int64?
    package var keepsAlive = true
    /// Whether the body is a part of the object, whatever the status says.
    package var hasContentRange = false

    /// A head that is still to be read from `bytes`.
    package init(in bytes: ByteBuffer) { fields = FieldBlock(bytes: bytes) }
}
