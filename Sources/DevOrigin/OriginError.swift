import S3

/// Why a request is refused, in the words of S3; becomes an error document.
///
/// See "Error responses" in the S3 API reference.
enum OriginError: Error, Equatable, Sendable {
    case noSuchBucket
    case noSuchKey
    case noSuchVersion
    /// The origin is read-only.
    case accessDenied
    case methodNotAllowed
    case notImplemented
    case bucketExists
    case invalidBucketName
    case invalidURI
    case invalidArgument(String)
    case keyTooLong
    case invalidRange(length: Int64)
    case preconditionFailed
    case missingContentLength
    case entityTooLarge
    /// The body is not what x-amz-content-sha256 says.
    case payloadMismatch
    case incompleteBody
    case requestTimeout
    /// Bytes that are no request at all, with the status that says why.
    case badRequest(status: UInt16)
    case signature(SignatureFailure)
    /// The disk failed, with its errno.
    case `internal`(Int32)

    var code: String { row.code }
    var status: UInt16 { row.status }
    var message: String { row.message }

    private var row: (status: UInt16, code: String, message: String) {
        switch self {
        case .noSuchBucket: (404, "NoSuchBucket", "The specified bucket does not exist.")
        case .noSuchKey: (404, "NoSuchKey", "The specified key does not exist.")
        case .noSuchVersion: (404, "NoSuchVersion", "Objects have no versions here.")
        case .accessDenied: (403, "AccessDenied", "This origin is read-only.")
        case .methodNotAllowed:
            (405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        case .notImplemented: (501, "NotImplemented", "This origin does not implement what the request asks for.")
        case .bucketExists: (409, "BucketAlreadyOwnedByYou", "The bucket exists already.")
        case .invalidBucketName: (400, "InvalidBucketName", "The specified bucket is not valid.")
        case .invalidURI: (400, "InvalidURI", "Couldn't parse the specified URI.")
        case .invalidArgument(let message): (400, "InvalidArgument", message)
        case .keyTooLong: (400, "KeyTooLongError", "Your key is too long.")
        case .invalidRange: (416, "InvalidRange", "The requested range is not satisfiable.")
        case .preconditionFailed:
            (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        case .missingContentLength: (411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        case .entityTooLarge:
            (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
        case .payloadMismatch:
            (400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' does not match the body.")
        case .incompleteBody: (400, "IncompleteBody", "The body did not arrive as announced.")
        case .requestTimeout: (400, "RequestTimeout", "The body did not arrive in time.")
        case .badRequest(let status): (status, "InvalidRequest", "This is no request.")
        case .signature(let failure): (failure.status, failure.code, Self.message(failure))
        case .internal: (500, "InternalError", "The disk failed.")
        }
    }

    private static func message(_ failure: SignatureFailure) -> String {
        switch failure {
        case .missing: "Anonymous access is forbidden."
        case .malformed: "The authorization header is malformed."
        case .wrongRegion(let expected): "The authorization header is malformed; the region must be '\(expected)'."
        case .unsignedField: "There were headers present in the request which were not signed."
        case .missingField: "AWS authentication requires a valid x-amz-date and x-amz-content-sha256."
        case .unknownAccessKey: "The AWS Access Key Id you provided does not exist in our records."
        case .wrongToken: "The provided token is malformed or otherwise invalid."
        case .skewed: "The difference between the request time and the current time is too large."
        case .mismatch:
            "The request signature we calculated does not match the signature you provided. Check your key and signing method."
        case .badTarget: "Couldn't parse the specified URI."
        }
    }
}
