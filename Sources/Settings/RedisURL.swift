import ConfigSchema

/// The URL of a Redis server: `redis` or `rediss` (TLS), perhaps a user and a password, a host, perhaps a port and the
/// number of a database; no query.
package struct RedisURL: SecretTextSetting {
    package enum Scheme: String, Sendable { case redis, rediss }

    package let scheme: Scheme
    /// Nil: the server's default user.
    package let user: String?
    package let password: Secret?
    /// Lower-case; an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16
    package let db: Int?

    /// The numbers that a database may have.
    static let databases = 0...65_535

    package static let rule = TextRule(
        pattern: "^[Rr][Ee][Dd][Ii][Ss][Ss]?://[!-~]+$",
        expectation:
            "a URL such as `redis://host:6379/0` or `rediss://user:password@host`, with `%XX` for `/`, `?`, `#` and `%` in them"
    ) { RedisURL($0) != nil }

    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        guard let server = HostAndPort(String(place)), let db = Self.database(rest[authority.endIndex...]) else {
            return nil
        }
        guard let userinfo = Self.userinfo(authority[..<place.startIndex].dropLast()) else { return nil }
        self.scheme = scheme
        host = server.host
        port = server.port ?? 6_379
        (user, password) = userinfo
        self.db = db
    }

    /// `user`, `user:password` or `:password`, each with percent escapes (RFC 3986 §3.2.1); nil when malformed.
    private static func userinfo(_ text: Substring) -> (user: String?, password: Secret?)? {
        let name = text.prefix { $0 != ":" }
        guard let user = decoded(name), let password = decoded(text[name.endIndex...].dropFirst()) else { return nil }
        return (user.isEmpty ? nil : user, password.isEmpty ? nil : Secret(password))
    }

    /// Nothing, `/` or `/number`; nil for anything else.
    private static func database(_ path: Substring) -> Int?? {
        guard !path.isEmpty, path != "/" else { return .some(nil) }
        let digits = path.dropFirst()
        guard path.hasPrefix("/"), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            databases.contains(number)
        else { return nil }
        return .some(number)
    }

    /// The text without its percent escapes; nil when one is malformed or the result is no plain text.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
