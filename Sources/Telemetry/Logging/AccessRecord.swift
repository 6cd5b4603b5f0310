import Exchange
import NIOCore

/// What the access log says about one request: bytes as they came, and numbers.
///
/// Slices share the request's storage and nothing becomes a `String`; the encoder escapes, cuts and redacts. An absent
/// optional leaves its field out.
package struct AccessRecord: ~Copyable {
    package var requestID: RequestID
    package var method: Method
    /// The method's own bytes when `method` is `.other`.
    package var methodToken: ByteBuffer?
    /// Still percent-encoded; what follows a `?` is not written.
    package var path: ByteBuffer
    /// Values are masked unless the parameter is known to be harmless.
    package var query: ByteBuffer?
    package var minorVersion: UInt8
    package var status: UInt16 = 0
    /// From the head of the request to the end of the answer.
    package var duration: TimeAmount = .zero
    /// From the head of the request to the head of the answer.
    package var timeToFirstByte: TimeAmount?
    /// Body bytes given to the connection.
    package var bytesSent: Int64 = 0
    /// `ClientAddress.render` of the client's address.
    package var clientAddress = ByteBuffer()
    package var userAgent: ByteBuffer?
    /// Written without query, fragment and user information.
    package var referer: ByteBuffer?
    /// The bucket's name in the configuration.
    package var bucket: ByteBuffer?
    /// The object's key, decoded.
    package var key: ByteBuffer?
    /// The status that the origin answered.
    package var originStatus: UInt16?
    /// Why the request failed; its code and detail are written.
    package var fault: Fault?
    /// The `Code` of the origin's error body.
    package var s3ErrorCode: ByteBuffer?
    package var replica: ByteBuffer?
    /// What the cache did: hit, miss, bypass.
    package var cache: StaticString?
    /// The client left before the answer was complete.
    package var hasClientLeft = false

    /// Takes over what the head of the request says.
    package init(id: RequestID, head: borrowing RequestHead) {
        requestID = id
        method = head.method
        methodToken = head.method == .other ? head.methodToken : nil
        path = head.path
        query = head.query
        minorVersion = head.minorVersion
        userAgent = head.fields.value(.userAgent)
        referer = head.fields.value(.referer)
    }
}
