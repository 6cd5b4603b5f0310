import Exchange
import NIOCore

/// What the access log says about one request beside what the client sent.
///
/// Numbers, and what is rare: the client's head, its address and the key are only looked at while the line is written
/// (`AccessLog.record`). Nothing becomes a `String`; the encoder escapes, cuts and redacts. An absent optional leaves
/// its field out.
package struct AccessRecord: ~Copyable {
    package var requestID: RequestID
    package var status: UInt16 = 0
    /// From the head of the request to the end of the answer.
    package var duration: TimeAmount = .zero
    /// From the head of the request to the head of the answer.
    package var timeToFirstByte: TimeAmount?
    /// Body bytes given to the connection.
    package var bytesSent: Int64 = 0
    /// The bucket's name in the configuration.
    package var bucket: ByteBuffer?
    /// The status that the origin answered.
    package var originStatus: UInt16?
    /// Why the request failed; its code and detail are written, and the code that the origin gave.
    package var fault: Fault?
    /// Whom the request's token names.
    package var user: ByteBuffer?
    /// What decided who may read.
    package var auth: StaticString?
    /// Why nobody could decide about a request that passed all the same.
    package var openReason: String?
    package var replica: ByteBuffer?
    /// What the cache did; nil where the bucket has none.
    package var cache: CacheOutcome?
    /// Which layer of the cache answered.
    package var cacheTier: StaticString?
    /// The client left before the answer was complete.
    package var hasClientLeft = false

    package init(id: RequestID) { requestID = id }

    /// What the proxy, an origin or a provider could not do is a warning, so that it is seen where requests are not
    /// logged.
    var level: LogLevel { status >= 500 || openReason != nil ? .warn : .info }
}
