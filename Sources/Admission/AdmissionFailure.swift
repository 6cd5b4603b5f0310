import Exchange

/// Why a request may not enter.
package enum AdmissionFailure: Error, Equatable, Sendable {
    /// One of the limits of `server.rate_limit`, or that of a bucket.
    package enum Limit: Equatable, Sendable, CaseIterable { case global, ip, bucket, user }

    /// `Forwarded` and `X-Forwarded-For` of a trusted peer name different clients.
    case hopsDisagree
    /// The bucket's lists do not admit the client's address.
    case addressDenied
    /// A limit is reached; in so many seconds one request will be allowed.
    case rateLimited(Limit, retryAfter: Int)
    case suspiciousPath(SQLShape)

    /// What the client is told, and what the log.
    package var fault: Fault {
        switch self {
        case .hopsDisagree:
            Fault(.badRequest, detail: "Forwarded and X-Forwarded-For of a trusted proxy name different clients")
        case .addressDenied: Fault(.addressDenied, detail: "the bucket's lists do not admit the client's address")
        case .rateLimited(let limit, let seconds):
            Fault(.rateLimited, detail: limit.explanation, retryAfter: seconds)
        case .suspiciousPath(let shape): Fault(.suspiciousPath, detail: shape.explanation)
        }
    }
}

extension AdmissionFailure.Limit {
    fileprivate var explanation: String {
        switch self {
        case .global: "the server's rate limit is reached"
        case .ip: "the rate limit of the client's address is reached"
        case .bucket: "the bucket's rate limit is reached"
        case .user: "the user's rate limit is reached"
        }
    }
}
