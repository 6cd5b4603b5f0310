/// The parts of an endpoint's URL, `http[s]://host[:port][/path]`; user, query and fragment are refused.
struct EndpointURL: Equatable {
    let isSecure: Bool
    /// In lower case; an IPv6 literal without its brackets.
    let host: String
    let port: Int
    /// Without a slash at its end: empty, or `/a`, `/a/b`.
    let path: String

    init(_ url: String) throws(EndpointFailure) {
        let lowercased = url.lowercased()
        let rest: Substring
        if lowercased.hasPrefix("https://") {
            isSecure = true
            rest = url.dropFirst(8)
        } else if lowercased.hasPrefix("http://") {
            isSecure = false
            rest = url.dropFirst(7)
        } else {
            throw .badURL
        }
        guard !rest.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else { throw .badURL }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = try Self.path(rest[slash...])
        let authority = rest[..<slash]
        let colon: Substring.Index
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .badHost }
            host = authority[..<end].dropFirst().lowercased()
            colon = authority.index(after: end)
            guard Self.isIPv6(host) else { throw .badHost }
        } else {
            colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<colon].lowercased()
            guard Self.isName(host) else { throw .badHost }
        }
        port = try Self.port(authority[colon...]) ?? (isSecure ? 443 : 80)
    }

    private static func port(_ text: Substring) throws(EndpointFailure) -> Int? {
        guard !text.isEmpty else { return nil }
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isDigit), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw .badPort }
        return port
    }

    private static func path(_ text: Substring) throws(EndpointFailure) -> String {
        var path = text
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy({ $0.isUnreserved || $0 == UInt8(ascii: "/") }),
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
        else { throw .badPath }
        return String(path)
    }

    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63
                    && label.utf8.allSatisfy { byte in
                        byte.isLowercaseLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    }
            }
    }

    private static func isIPv6(_ host: String) -> Bool {
        host.utf8.contains(UInt8(ascii: ":"))
            && host.utf8.allSatisfy { byte in
                byte.isDigit || (0x61...0x66).contains(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            }
    }
}
