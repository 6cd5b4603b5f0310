/// Why a request could not be answered as asked: whose fault, what to tell the client, whether another try may help.
///
/// A room turns its own failure into a `Fault` once. `detail` is for the log only and never reaches a client, so
/// request data and internals may stand there (secrets may not).
package struct Fault: Error, Sendable, Equatable {
    /// Whose fault it is.
    package enum Blame: UInt8, Sendable { case client, proxy, origin }

    package let code: FaultCode
    package let detail: String
    /// Seconds for `Retry-After`.
    package let retryAfter: Int?
    /// The status an origin answered with; 0 when none did.
    package let originStatus: UInt16
    /// The code in the origin's error document, one of the closed list of known ones; empty when there was none.
    package let originCode: String
    /// With `rangeNotSatisfiable`: the length of the whole object, when known.
    package let completeLength: Int64?

    package init(
        _ code: FaultCode, detail: String = "", retryAfter: Int? = nil, originStatus: UInt16 = 0,
        originCode: String = "", completeLength: Int64? = nil
    ) {
        self.code = code
        self.detail = detail
        self.originStatus = originStatus
        self.originCode = originCode
        self.completeLength = completeLength
        self.retryAfter = retryAfter ?? code.retryAfter
    }
}
