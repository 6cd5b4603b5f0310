import NIOCore

/// The S3 error codes that get a label of their own in `s3_errors_total`; an origin cannot invent series.
///
/// The codes a read can meet: Amazon S3 API reference, "Error responses", and those of SeaweedFS, MinIO and Ceph.
package enum S3ErrorLabel: String, Sendable, CaseIterable {
    case accessDenied = "AccessDenied"
    case accountProblem = "AccountProblem"
    case allAccessDisabled = "AllAccessDisabled"
    case authorizationHeaderMalformed = "AuthorizationHeaderMalformed"
    case expiredToken = "ExpiredToken"
    case internalError = "InternalError"
    case invalidAccessKeyID = "InvalidAccessKeyId"
    case invalidArgument = "InvalidArgument"
    case invalidBucketName = "InvalidBucketName"
    case invalidBucketState = "InvalidBucketState"
    case invalidObjectState = "InvalidObjectState"
    case invalidRange = "InvalidRange"
    case invalidRequest = "InvalidRequest"
    case invalidToken = "InvalidToken"
    case invalidURI = "InvalidURI"
    case keyTooLong = "KeyTooLongError"
    case methodNotAllowed = "MethodNotAllowed"
    case noSuchBucket = "NoSuchBucket"
    case noSuchKey = "NoSuchKey"
    case noSuchVersion = "NoSuchVersion"
    case notImplemented = "NotImplemented"
    case operationAborted = "OperationAborted"
    case permanentRedirect = "PermanentRedirect"
    case preconditionFailed = "PreconditionFailed"
    case redirect = "Redirect"
    case requestTimeout = "RequestTimeout"
    case requestTimeTooSkewed = "RequestTimeTooSkewed"
    case serviceUnavailable = "ServiceUnavailable"
    case signatureDoesNotMatch = "SignatureDoesNotMatch"
    case slowDown = "SlowDown"
    case temporaryRedirect = "TemporaryRedirect"
    case tooManyRequests = "TooManyRequests"
    case xAmzContentSHA256Mismatch = "XAmzContentSHA256Mismatch"
    /// The answer named no code: every error answer to HEAD.
    case unspecified
    case other

    /// The index of the code for `IndexedCounter`; nil is `unspecified`, an unknown code `other`.
    package static func index(of code: ByteBuffer?) -> Int {
        guard let code, code.readableBytes > 0 else { return position(of: .unspecified) }
        let bytes = code.readableBytesSpan
        for (position, label) in allCases.enumerated() where label.equals(bytes) { return position }
        return position(of: .other)
    }

    private static func position(of label: S3ErrorLabel) -> Int { allCases.firstIndex(of: label) ?? allCases.count - 1 }

    private func equals(_ bytes: RawSpan) -> Bool {
        let name = rawValue
        let span = name.utf8.span
        guard span.count == bytes.byteCount else { return false }
        for offset in span.indices where span[offset] != bytes.byte(at: offset) { return false }
        return true
    }
}
