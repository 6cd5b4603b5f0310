import NIOCore

/// What never stands in a log: secrets by the name of their field, query values, and what a URL carries beside its
/// path.
package enum Redaction {
    /// What stands in the place of a secret.
    static let mask: StaticString = "***"

    /// Fields whose values are secrets, in lower case.
    static let secretFields: [StaticString] = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token",
        "x-amz-server-side-encryption-customer-key",
    ]

    /// Query parameters whose values may be logged; any other may be a token, so its value is masked.
    static let openParameters: [StaticString] = [
        "versionId", "partNumber", "response-cache-control", "response-content-disposition",
        "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
    ]

    /// A longer name is masked as well: a token may stand where a name does.
    static let longestName = 32

    /// Whether the value of a field of that name is a secret; names compare without case.
    package static func isSecret(_ name: RawSpan) -> Bool {
        secretFields.contains { matches(name, $0, ignoringCase: true) }
    }

    static func isOpen(_ parameter: RawSpan) -> Bool {
        openParameters.contains { matches(parameter, $0, ignoringCase: false) }
    }

    private static func matches(_ name: RawSpan, _ other: StaticString, ignoringCase: Bool) -> Bool {
        guard name.byteCount == other.utf8CodeUnitCount else { return false }
        var isSame = true
        other.withSpan { other in
            for offset in 0..<name.byteCount {
                let byte = name.byte(at: offset)
                let isUpper = ignoringCase && byte >= 0x41 && byte <= 0x5A
                if (isUpper ? byte | 0x20 : byte) != other.byte(at: offset) { isSame = false }
            }
        }
        return isSame
    }
}

extension OutputRawSpan {
    /// A query as a field: each parameter's name, its value only where the name is known to be harmless.
    mutating func field(query: RawSpan, limit: Int, _ format: LogFormat) {
        key("query", format)
        write(UInt8(ascii: "\""))
        let end = byteCount + limit
        var position = 0
        while position < query.byteCount {
            let next = query.offset(of: UInt8(ascii: "&"), from: position)
            if position > 0 { write(UInt8(ascii: "&")) }
            write(parameter: query.extracting(position..<next), limit: end - byteCount)
            position = next + 1
            if byteCount >= end {
                if position < query.byteCount { write("…") }
                break
            }
        }
        write(UInt8(ascii: "\""))
    }

    private mutating func write(parameter: RawSpan, limit: Int) {
        let nameEnd = parameter.offset(of: UInt8(ascii: "="), from: 0)
        let name = parameter.extracting(0..<nameEnd)
        if Redaction.isOpen(name) { return write(escaped: parameter, limit: limit) }
        guard nameEnd < parameter.byteCount, nameEnd <= Redaction.longestName else {
            if parameter.byteCount > 0 { write(Redaction.mask) }
            return
        }
        write(escaped: name, limit: limit)
        write(UInt8(ascii: "="))
        if nameEnd + 1 < parameter.byteCount { write(Redaction.mask) }
    }

    /// A URL as a field, without query, fragment and user information.
    mutating func field(_ name: StaticString, url: RawSpan, limit: Int, _ format: LogFormat) {
        var end = url.offset(of: UInt8(ascii: "?"), from: 0)
        end = min(end, url.offset(of: UInt8(ascii: "#"), from: 0))
        key(name, format)
        write(UInt8(ascii: "\""))
        guard url.offset(of: UInt8(ascii: "@"), from: 0) < end else {
            return write(quotedRest: url.extracting(0..<end), limit: limit)
        }
        let authority = url.authority(before: end)
        var at: Int?
        for offset in authority where url.byte(at: offset) == UInt8(ascii: "@") { at = offset }
        if let at {
            write(escaped: url.extracting(0..<authority.lowerBound), limit: limit)
            write(Redaction.mask)
            write(escaped: url.extracting(at..<end), limit: limit)
        } else {
            write(escaped: url.extracting(0..<end), limit: limit)
        }
        write(UInt8(ascii: "\""))
    }
}

extension RawSpan {
    /// Where a URL's authority stands (RFC 3986 §3.2); empty when it has none.
    fileprivate func authority(before end: Int) -> Range<Int> {
        var start = 0
        while start + 1 < end, byte(at: start) != 0x2F || byte(at: start + 1) != 0x2F { start &+= 1 }
        guard start + 1 < end else { return 0..<0 }
        let slash = min(offset(of: 0x2F, from: start + 2), end)
        return (start + 2)..<max(slash, start + 2)
    }
}
