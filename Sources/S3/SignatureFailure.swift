/// Why a signed request is refused, in the words of S3.
package enum SignatureFailure: Error, Equatable, Sendable {
    /// No Authorization field.
    case missing
    /// The Authorization field cannot be read, or its scope names another service.
    case malformed
    /// The scope names another region; S3 tells the right one.
    case wrongRegion(expected: String)
    /// A field that has to be signed is not: host, x-amz-date, or any other `x-amz-*` that is there.
    case unsignedField
    /// There is no x-amz-content-sha256, or no readable x-amz-date.
    case missingField
    case unknownAccessKey
    /// The credentials are temporary and the session token is missing or another.
    case wrongToken
    /// More than 15 minutes from now.
    case skewed
    case mismatch
    /// Path or query hold a bad escape.
    case badTarget

    /// The code of the error document.
    package var code: String {
        switch self {
        case .missing, .unsignedField, .missingField: "AccessDenied"
        case .malformed, .wrongRegion: "AuthorizationHeaderMalformed"
        case .unknownAccessKey: "InvalidAccessKeyId"
        case .wrongToken: "InvalidToken"
        case .skewed: "RequestTimeTooSkewed"
        case .mismatch: "SignatureDoesNotMatch"
        case .badTarget: "InvalidURI"
        }
    }

    package var status: UInt16 {
        switch self {
        case .malformed, .wrongRegion, .wrongToken, .badTarget: 400
        case .missing, .unsignedField, .missingField, .unknownAccessKey, .skewed, .mismatch: 403
        }
    }
}
