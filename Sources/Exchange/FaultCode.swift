/// The closed list of error codes that clients may see; one table gives status, reason and message.
///
/// The codes' spelling follows the original's documentation where it names one (HTTP-7).
package enum FaultCode: String, Sendable, CaseIterable {
    // the client's doing
    case badRequest = "BAD_REQUEST"
    case badPath = "BAD_PATH"
    case suspiciousPath = "SUSPICIOUS_PATH"
    case noRoute = "NO_ROUTE"
    case notFound = "NOT_FOUND"
    case forbidden = "ACCESS_DENIED"
    case missingToken = "MISSING_TOKEN"
    case invalidToken = "INVALID_TOKEN"
    case tokenExpired = "TOKEN_EXPIRED"
    case claimMismatch = "CLAIM_MISMATCH"
    case policyDenied = "POLICY_DENIED"
    case adminDenied = "ADMIN_DENIED"
    case addressDenied = "ADDRESS_DENIED"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case requestTimeout = "REQUEST_TIMEOUT"
    case preconditionFailed = "PRECONDITION_FAILED"
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    case uriTooLong = "URI_TOO_LONG"
    case rangeNotSatisfiable = "RANGE_NOT_SATISFIABLE"
    case expectationFailed = "EXPECTATION_FAILED"
    case rateLimited = "RATE_LIMITED"
    case headersTooLarge = "HEADERS_TOO_LARGE"
    case versionNotSupported = "HTTP_VERSION_NOT_SUPPORTED"
    // ours
    case `internal` = "INTERNAL"
    case overloaded = "OVERLOADED"
    case shuttingDown = "SHUTTING_DOWN"
    case authorizationUnavailable = "AUTHORIZATION_UNAVAILABLE"
    // the origin's
    case originError = "S3_ERROR"
    case originUnreachable = "ORIGIN_UNREACHABLE"
    case originInvalid = "ORIGIN_INVALID_RESPONSE"
    case originRefusedCredentials = "ORIGIN_CREDENTIALS"
    case originBusy = "ORIGIN_BUSY"
    case originTimeout = "TIMEOUT"
    case notStored = "NOT_STORED"

    package var status: UInt16 { row.status }
    package var message: StaticString { row.message }
    package var blame: Fault.Blame { row.blame }
    /// The reason phrase of the status (RFC 9110 §15).
    package var reason: StaticString {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 412: "Precondition Failed"
        case 413: "Payload Too Large"
        case 414: "URI Too Long"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Internal Server Error"
        }
    }
    /// The seconds that `Retry-After` names by default.
    package var retryAfter: Int? { row.retryAfter }

    private struct Row {
        var status: UInt16
        var blame: Fault.Blame
        var message: StaticString
        var retryAfter: Int?

        init(_ status: UInt16, _ blame: Fault.Blame, _ message: StaticString, retryAfter: Int? = nil) {
            self.status = status
            self.blame = blame
            self.message = message
            self.retryAfter = retryAfter
        }
    }

    private var row: Row {
        switch self {
        case .badRequest: Row(400, .client, "The request is malformed.")
        case .badPath: Row(400, .client, "The path is not a legal object path.")
        case .suspiciousPath: Row(400, .client, "The path looks like an attack on a database.")
        case .noRoute: Row(404, .client, "No bucket is mapped to this path.")
        case .notFound: Row(404, .client, "The object does not exist.")
        case .forbidden: Row(403, .client, "Access to the object is denied.")
        case .missingToken: Row(401, .client, "A token is required.")
        case .invalidToken: Row(401, .client, "The token is not valid.")
        case .tokenExpired: Row(401, .client, "The token has expired.")
        case .claimMismatch: Row(403, .client, "The token does not grant access.")
        case .policyDenied: Row(403, .client, "Access is denied by policy.")
        case .adminDenied: Row(403, .client, "Admin access denied: insufficient privileges")
        case .addressDenied: Row(403, .client, "Access from this address is denied.")
        case .methodNotAllowed:
            Row(405, .client, "This is a read-only S3 proxy. Allowed methods: GET, HEAD, OPTIONS")
        case .requestTimeout: Row(408, .client, "The request did not arrive in time.")
        case .preconditionFailed: Row(412, .client, "A precondition of the request does not hold.")
        case .payloadTooLarge: Row(413, .client, "The request body exceeds the configured limit.")
        case .uriTooLong: Row(414, .client, "The request target exceeds the configured limit.")
        case .rangeNotSatisfiable: Row(416, .client, "The requested range lies outside the object.")
        case .expectationFailed: Row(417, .client, "The expectation cannot be met.")
        case .rateLimited: Row(429, .client, "Too many requests. Please retry later.", retryAfter: 1)
        case .headersTooLarge: Row(431, .client, "The request header fields exceed the configured limit.")
        case .versionNotSupported: Row(505, .client, "This version of HTTP is not supported.")
        case .internal: Row(500, .proxy, "The request could not be served.")
        case .overloaded:
            Row(
                503, .proxy,
                "Server has reached maximum concurrent request limit. Please retry after 5 seconds.", retryAfter: 5)
        case .shuttingDown: Row(503, .proxy, "The server is shutting down.", retryAfter: 1)
        case .authorizationUnavailable:
            Row(503, .proxy, "Access cannot be checked at present. Please retry later.", retryAfter: 5)
        case .originError: Row(502, .origin, "The storage backend failed.")
        case .originUnreachable: Row(502, .origin, "The storage backend cannot be reached.")
        case .originInvalid: Row(502, .origin, "The storage backend sent an invalid response.")
        case .originRefusedCredentials: Row(502, .origin, "The storage backend refused the proxy's credentials.")
        case .originBusy: Row(503, .origin, "The storage backend is busy. Please retry later.", retryAfter: 5)
        case .notStored: Row(504, .proxy, "Nothing is stored that could answer, and the origin was not to be asked.")
        case .originTimeout: Row(504, .origin, "The storage backend did not answer in time.")
        }
    }
}
