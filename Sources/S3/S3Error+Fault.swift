import Exchange

/// What came with an origin's error status.
package enum S3ErrorBody: Sendable, Equatable {
    /// No body at all, as for every HEAD.
    case absent
    case document(S3Error)
    /// A body that is no S3 error document.
    case unreadable

    package init(_ bytes: [UInt8]) {
        if bytes.isEmpty {
            self = .absent
        } else {
            do throws(S3ErrorFailure) {
                self = .document(try S3Error.parse(bytes))
            } catch {
                self = .unreadable
            }
        }
    }
}

/// The one table from an origin's answer to what the client is told (S3-5).
extension S3Error {
    /// The fault for an origin's status; nil for 2xx and 304, which are none.
    ///
    /// S3's code decides where there is one, else the status. A 400, 401 or 403 means nothing without S3's code: with a
    /// body that is not S3's it comes from something in between, and the client gets 502.
    ///
    /// - Parameter bucketRegion: the value of x-amz-bucket-region, which names the right region in redirects.
    package static func fault(status: UInt16, body: S3ErrorBody, bucketRegion: String? = nil) -> Fault? {
        if (200...299).contains(status) || status == 304 { return nil }
        switch body {
        case .document(let error):
            let code = faultCode(error.code) ?? faultCode(status: status)
            let region = (error.region ?? bucketRegion).map { "; the bucket's region is \($0)" } ?? ""
            let endpoint = error.endpoint.map { "; its endpoint is \($0)" } ?? ""
            return Fault(code, detail: "\(status) \(error.code): \(error.message)\(region)\(endpoint)")
        case .unreadable where [400, 401, 403].contains(status):
            return Fault(.originInvalid, detail: "\(status) with a body that is not S3's")
        case .absent, .unreadable:
            let region = bucketRegion.map { "; the bucket's region is \($0)" } ?? ""
            return Fault(faultCode(status: status), detail: "\(status) without an error document\(region)")
        }
    }

    /// Whether a HEAD's status needs a look at the code that only a GET's body carries: a 403 may be the object's or
    /// the credentials', a 400 the request's or the token's.
    package static func isAmbiguousForHead(_ status: UInt16) -> Bool { status == 403 || status == 400 }

    /// By S3's code; nil for codes whose status says enough.
    private static func faultCode(_ code: String) -> FaultCode? {
        switch code {
        case "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "MethodNotAllowed": .notFound
        case "AccessDenied", "AllAccessDisabled", "InvalidObjectState": .forbidden
        case "InvalidRequest", "InvalidArgument", "KeyTooLongError", "InvalidURI": .badRequest
        case "InvalidRange": .rangeNotSatisfiable
        case "PreconditionFailed": .preconditionFailed
        case "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
            "AuthorizationHeaderMalformed", "RequestTimeTooSkewed", "RequestExpired", "NotSignedUp", "AccountProblem",
            "InvalidSecurity", "MissingSecurityHeader", "UnauthorizedAccess":
            .originRefusedCredentials
        case "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded",
            "BandwidthLimitExceeded", "TooManyRequests", "OperationAborted":
            .originBusy
        case "RequestTimeout": .originTimeout
        case "InternalError", "NotImplemented", "PermanentRedirect", "TemporaryRedirect", "Redirect",
            "IllegalLocationConstraintException", "InvalidBucketName", "XAmzContentSHA256Mismatch":
            .originError
        default: nil
        }
    }

    private static func faultCode(status: UInt16) -> FaultCode {
        switch status {
        case 400: .badRequest
        case 401: .originRefusedCredentials
        case 403: .forbidden
        // 405 answers a GET of a version that is a delete marker.
        case 404, 405, 410: .notFound
        case 408: .originTimeout
        case 412: .preconditionFailed
        case 416: .rangeNotSatisfiable
        case 429, 503: .originBusy
        case 0...299, 600...: .originInvalid
        default: .originError
        }
    }
}
