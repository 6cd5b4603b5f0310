/// A request method, as far as the proxy tells methods apart.
@usableFromInline package enum Method: UInt8, Sendable, Equatable, CaseIterable {
    case get, head, options, post, put, delete, patch, connect, trace
    /// A syntactically valid token that names none of the above.
    case other

    /// The name on the wire; `OTHER` for `other`.
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .options: "OPTIONS"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: "OTHER"
        }
    }
}
