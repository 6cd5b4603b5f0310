/// Which fields of a 304 replace those of the stored response that it confirms (RFC 9111 §3.2).
package enum RevalidationFields {
    /// What stays as it was stored: fields that are never stored (§3.1, RFC 9110 §7.6.1), Content-Length,
    /// Content-Range, and those by which the stored bytes are read and pinned.
    private static let kept: [StaticString] = [
        "content-length", "content-encoding", "content-type", "content-range", "etag", "connection", "proxy-connection",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate",
        "proxy-authentication-info", "proxy-authorization",
    ]

    /// Whether a field called `name`, in lower case, replaces the stored lines of that name. Those that the 304's
    /// Connection names are for the caller to leave out.
    package static func replaces(_ name: Span<UInt8>) -> Bool {
        for text in kept where name.equalsIgnoringCase(text) { return false }
        return true
    }
}
