/// Why bytes are refused; after a failure the connection is of no use, since nobody knows where the next message
/// begins.
package enum WireFailure: Error, Equatable, Sendable {
    /// The message breaks the grammar or its framing is ambiguous: 400.
    case malformed(WireFault)
    /// 414.
    case targetTooLong
    /// 431.
    case headTooLong
    /// Another major version: 505.
    case versionNotSupported
    /// 413; for the bodies' consumers, which know the limit.
    case bodyTooLong
}

/// What exactly is wrong with a malformed message.
package enum WireFault: String, Error, Equatable, Sendable, CaseIterable {
    /// LF without CR before it (RFC 9112 §2.2 would let us accept it; smuggling lives on that).
    case bareLineFeed
    /// CR without LF behind it (RFC 9112 §2.2).
    case bareCarriageReturn
    /// NUL or another control byte but HTAB in a field value, reason phrase or chunk extension (RFC 9110 §5.5).
    case controlByte
    /// White space between a field's name and its colon (RFC 9112 §5.1).
    case spaceBeforeColon
    /// A line that begins with white space (RFC 9112 §5.2, §2.2).
    case obsoleteFold
    /// Not a token followed by one space (RFC 9112 §3.1).
    case badMethod
    /// A target of no form, or of one that the method forbids (RFC 9112 §3.2).
    case badTarget
    /// No `HTTP/1.x` at the end of the request line or at the beginning of the status line (RFC 9112 §2.3).
    case badVersion
    /// Not three digits from 100 to 599 (RFC 9112 §4).
    case badStatus
    /// Empty, no token, or without a colon (RFC 9112 §5).
    case badFieldName
    /// More field lines than the limit allows; 431 as well.
    case tooManyFields
    /// Content-Length more than once (responses: with different values) (RFC 9112 §6.3).
    case conflictingLength
    /// Content-Length is not 1 to 18 digits, or begins with a needless zero (RFC 9110 §8.6).
    case badLength
    /// Both Content-Length and Transfer-Encoding (RFC 9112 §6.1).
    case lengthWithTransferEncoding
    /// Anything but one `chunked`, or Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1).
    case badTransferCoding
    /// A chunk's size, extension or end is wrong (RFC 9112 §7.1).
    case badChunk
    /// No Host in HTTP/1.1 (RFC 9112 §3.2).
    case missingHost
    case severalHosts
    /// Not `host[:port]` (RFC 9110 §7.2).
    case badHost
    /// The authority of an absolute-form target is another one than Host's.
    case hostDisagrees
    /// The connection ended in the middle of a message; for the parsers' owners.
    case truncated
}

extension WireFailure {
    /// What is wrong, for the operator.
    package var explanation: String {
        switch self {
        case .malformed(let fault): fault.explanation
        case .targetTooLong: "the request target is too long"
        case .headTooLong: "the head is too long"
        case .versionNotSupported: "another major version of HTTP"
        case .bodyTooLong: "the body is too long"
        }
    }
}

extension WireFault {
    /// What is wrong, for the operator.
    package var explanation: String {
        switch self {
        case .bareLineFeed: "a line ends with LF alone"
        case .bareCarriageReturn: "a CR stands without LF behind it"
        case .controlByte: "a control character stands in a value"
        case .spaceBeforeColon: "white space stands before a field's colon"
        case .obsoleteFold: "a line begins with white space"
        case .badMethod: "the method is not a token with one space behind it"
        case .badTarget: "the request target has no valid form"
        case .badVersion: "the line names no HTTP/1 version"
        case .badStatus: "the status is not a number from 100 to 599"
        case .badFieldName: "a field's name is empty or no token"
        case .tooManyFields: "too many fields"
        case .conflictingLength: "Content-Length is given more than once"
        case .badLength: "Content-Length is not a number"
        case .lengthWithTransferEncoding: "Content-Length and Transfer-Encoding are both given"
        case .badTransferCoding: "Transfer-Encoding is not one `chunked`"
        case .badChunk: "a chunk's size or end is wrong"
        case .missingHost: "the Host field is missing"
        case .severalHosts: "the Host field is given more than once"
        case .badHost: "the Host field is not a host with an optional port"
        case .hostDisagrees: "the target names another host than the Host field"
        case .truncated: "the connection ended in the middle of a message"
        }
    }
}
