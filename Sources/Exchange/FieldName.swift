/// The field names that some part of the proxy asks for; a parser tags each field once, so that a look-up compares one
/// byte.
///
/// Names compare without case (RFC 9110 §5.1).
@usableFromInline package enum FieldName: UInt8, Sendable, CaseIterable {
    /// Any name not listed here.
    case other
    case accept, acceptEncoding, acceptRanges, accessControlRequestHeaders, accessControlRequestMethod, age, allow
    case authorization, cacheControl, connection, contentDisposition, contentEncoding, contentLanguage, contentLength
    case contentRange, contentType, cookie, date, etag, expect, expires, forwarded, host, ifMatch, ifModifiedSince
    case ifNoneMatch, ifRange, ifUnmodifiedSince, keepAlive, lastModified, location, origin, pragma, proxyAuthenticate
    case proxyAuthorization, proxyConnection, range, referer, retryAfter, server, setCookie, te, traceparent, tracestate
    case trailer, transferEncoding, upgrade, userAgent, vary, via, wwwAuthenticate, xCache, xForwardedFor, xRequestID
    case amzBucketRegion, amzID2, amzRequestID, amzVersionID
    /// `x-amz-meta-*`: the object's own metadata.
    case amzMeta
    /// Any other `x-amz-*`.
    case amzOther

    /// Whether it stands for one name, and not for all that begin alike or are not known.
    @inlinable @inline(__always)
    package var isListed: Bool { self != .other && rawValue < FieldName.amzMeta.rawValue }

    /// The lower-case name on the wire; a prefix for `amzMeta` and `amzOther`, empty for `other`.
    package var name: StaticString {
        switch self {
        case .other: ""
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .acceptRanges: "accept-ranges"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .accessControlRequestMethod: "access-control-request-method"
        case .age: "age"
        case .allow: "allow"
        case .authorization: "authorization"
        case .cacheControl: "cache-control"
        case .connection: "connection"
        case .contentDisposition: "content-disposition"
        case .contentEncoding: "content-encoding"
        case .contentLanguage: "content-language"
        case .contentLength: "content-length"
        case .contentRange: "content-range"
        case .contentType: "content-type"
        case .cookie: "cookie"
        case .date: "date"
        case .etag: "etag"
        case .expect: "expect"
        case .expires: "expires"
        case .forwarded: "forwarded"
        case .host: "host"
        case .ifMatch: "if-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifNoneMatch: "if-none-match"
        case .ifRange: "if-range"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .keepAlive: "keep-alive"
        case .lastModified: "last-modified"
        case .location: "location"
        case .origin: "origin"
        case .pragma: "pragma"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyConnection: "proxy-connection"
        case .range: "range"
        case .referer: "referer"
        case .retryAfter: "retry-after"
        case .server: "server"
        case .setCookie: "set-cookie"
        case .te: "te"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .userAgent: "user-agent"
        case .vary: "vary"
        case .via: "via"
        case .wwwAuthenticate: "www-authenticate"
        case .xCache: "x-cache"
        case .xForwardedFor: "x-forwarded-for"
        case .xRequestID: "x-request-id"
        case .amzBucketRegion: "x-amz-bucket-region"
        case .amzID2: "x-amz-id-2"
        case .amzRequestID: "x-amz-request-id"
        case .amzVersionID: "x-amz-version-id"
        case .amzMeta: "x-amz-meta-"
        case .amzOther: "x-amz-"
        }
    }
}
