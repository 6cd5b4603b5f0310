/// From bytes to a name: a switch on the length, then compares with constants, a word at a time.
extension FieldName {
    /// The name that these bytes spell, in any case; `.other` for one that is not listed.
    ///
    /// Whatever is recognised as one of the listed names is a valid token; the bytes of `.other`, `.amzMeta` and
    /// `.amzOther` still have to be checked.
    package static func recognise(_ name: RawSpan) -> FieldName {
        switch name.byteCount {
        case ..<8: recogniseShort(name)
        case 8...12: recogniseMiddle(name)
        default: recogniseLong(name)
        }
    }

    private static func recogniseShort(_ name: RawSpan) -> FieldName {
        switch name.byteCount {
        case 2:
            if name.equalsFolded("te") { return .te }
        case 3:
            if name.equalsFolded("age") { return .age }
            if name.equalsFolded("via") { return .via }
        case 4:
            if name.equalsFolded("date") { return .date }
            if name.equalsFolded("etag") { return .etag }
            if name.equalsFolded("host") { return .host }
            if name.equalsFolded("vary") { return .vary }
        case 5:
            if name.equalsFolded("allow") { return .allow }
            if name.equalsFolded("range") { return .range }
        case 6:
            if name.equalsFolded("accept") { return .accept }
            if name.equalsFolded("cookie") { return .cookie }
            if name.equalsFolded("expect") { return .expect }
            if name.equalsFolded("origin") { return .origin }
            if name.equalsFolded("pragma") { return .pragma }
            if name.equalsFolded("server") { return .server }
        case 7:
            if name.equalsFolded("expires") { return .expires }
            if name.equalsFolded("referer") { return .referer }
            if name.equalsFolded("trailer") { return .trailer }
            if name.equalsFolded("upgrade") { return .upgrade }
            if name.equalsFolded("x-cache") { return .xCache }
        default: break
        }
        return recogniseAmazon(name)
    }

    private static func recogniseMiddle(_ name: RawSpan) -> FieldName {
        switch name.byteCount {
        case 8:
            if name.equalsFolded("if-match") { return .ifMatch }
            if name.equalsFolded("if-range") { return .ifRange }
            if name.equalsFolded("location") { return .location }
        case 9:
            if name.equalsFolded("forwarded") { return .forwarded }
        case 10:
            if name.equalsFolded("connection") { return .connection }
            if name.equalsFolded("keep-alive") { return .keepAlive }
            if name.equalsFolded("set-cookie") { return .setCookie }
            if name.equalsFolded("tracestate") { return .tracestate }
            if name.equalsFolded("user-agent") { return .userAgent }
            if name.equalsFolded("x-amz-id-2") { return .amzID2 }
        case 11:
            if name.equalsFolded("retry-after") { return .retryAfter }
            if name.equalsFolded("traceparent") { return .traceparent }
        case 12:
            if name.equalsFolded("content-type") { return .contentType }
            if name.equalsFolded("x-request-id") { return .xRequestID }
        default: break
        }
        return recogniseAmazon(name)
    }

    private static func recogniseLong(_ name: RawSpan) -> FieldName {
        switch name.byteCount {
        case 13:
            if name.equalsFolded("accept-ranges") { return .acceptRanges }
            if name.equalsFolded("authorization") { return .authorization }
            if name.equalsFolded("cache-control") { return .cacheControl }
            if name.equalsFolded("content-range") { return .contentRange }
            if name.equalsFolded("if-none-match") { return .ifNoneMatch }
            if name.equalsFolded("last-modified") { return .lastModified }
        case 14:
            if name.equalsFolded("content-length") { return .contentLength }
        case 15:
            if name.equalsFolded("accept-encoding") { return .acceptEncoding }
            if name.equalsFolded("x-forwarded-for") { return .xForwardedFor }
        case 16:
            if name.equalsFolded("content-encoding") { return .contentEncoding }
            if name.equalsFolded("content-language") { return .contentLanguage }
            if name.equalsFolded("proxy-connection") { return .proxyConnection }
            if name.equalsFolded("www-authenticate") { return .wwwAuthenticate }
            if name.equalsFolded("x-amz-request-id") { return .amzRequestID }
            if name.equalsFolded("x-amz-version-id") { return .amzVersionID }
        case 17:
            if name.equalsFolded("if-modified-since") { return .ifModifiedSince }
            if name.equalsFolded("transfer-encoding") { return .transferEncoding }
        case 18:
            if name.equalsFolded("proxy-authenticate") { return .proxyAuthenticate }
        case 19:
            if name.equalsFolded("content-disposition") { return .contentDisposition }
            if name.equalsFolded("if-unmodified-since") { return .ifUnmodifiedSince }
            if name.equalsFolded("proxy-authorization") { return .proxyAuthorization }
            if name.equalsFolded("x-amz-bucket-region") { return .amzBucketRegion }
        case 29:
            if name.equalsFolded("access-control-request-method") { return .accessControlRequestMethod }
        case 30:
            if name.equalsFolded("access-control-request-headers") { return .accessControlRequestHeaders }
        default: break
        }
        return recogniseAmazon(name)
    }

    /// The names that are known by their prefix.
    private static func recogniseAmazon(_ name: RawSpan) -> FieldName {
        guard name.extracting(first: 6).equalsFolded("x-amz-") else { return .other }
        return name.extracting(first: 11).equalsFolded("x-amz-meta-") ? .amzMeta : .amzOther
    }
}
