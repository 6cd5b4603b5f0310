import Exchange

/// Why a text is no URL of a Redis server.
package enum RedisURLFailure: Error, Equatable, Sendable {
    /// Neither `redis://` nor `rediss://`.
    case scheme
    case host
    case port
    /// The path is no number of a database.
    case database
    /// A `%` without two hexadecimal digits, or what is decoded is no UTF-8 text or holds a control character.
    case encoding
    /// A query or a fragment, which would be ignored.
    case unexpectedPart

    package var explanation: String {
        switch self {
        case .scheme: "a Redis URL begins with redis:// or rediss://"
        case .host: "the URL names no valid host"
        case .port: "the port is no number from 1 to 65535"
        case .database: "the path of a Redis URL is the number of a database"
        case .encoding: "the user or the password is not percent-encoded UTF-8"
        case .unexpectedPart: "a Redis URL has no query and no fragment"
        }
    }
}

/// `redis://user:password@host:port/database`, and `rediss://` for TLS: where a server is and who we are for it.
///
/// As IANA's registration of the schemes has it: everything but the host may be missing, `redis://:password@host` names
/// a password alone. User and password are percent-encoded (RFC 3986 §3.2.1).
package struct RedisURL: Sendable, Equatable {
    package let isSecure: Bool
    package let address: RedisAddress
    package let user: String?
    package let password: String?
    /// Nil when the URL says nothing of it.
    package let database: Int?

    package init(_ text: String) throws(RedisURLFailure) {
        let lower = text.prefix(9).lowercased()
        guard lower.hasPrefix("redis://") || lower.hasPrefix("rediss://") else { throw .scheme }
        isSecure = lower.hasPrefix("rediss://")
        let rest = Array(text.utf8.dropFirst(isSecure ? 9 : 8))
        guard !rest.contains(UInt8(ascii: "?")), !rest.contains(UInt8(ascii: "#")) else { throw .unexpectedPart }
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        database = try Self.database(rest[end...].dropFirst())
        let authority = rest[..<end]
        var host = authority
        var words: (user: String?, password: String?) = (nil, nil)
        // The last one: careless people leave an @ in a password as it is.
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            words = try Self.words(authority[..<at])
            host = authority[(at + 1)...]
        }
        (user, password) = words
        address = try Self.address(host)
    }

    private static func words(_ text: ArraySlice<UInt8>) throws(RedisURLFailure) -> (String?, String?) {
        let colon = text.firstIndex(of: UInt8(ascii: ":"))
        let user = try decoded(text[..<(colon ?? text.endIndex)])
        guard let colon else { return (user.isEmpty ? nil : user, nil) }
        let password = try decoded(text[(colon + 1)...])
        return (user.isEmpty ? nil : user, password.isEmpty ? nil : password)
    }

    private static func decoded(_ text: ArraySlice<UInt8>) throws(RedisURLFailure) -> String {
        var bytes: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            guard text[at] == UInt8(ascii: "%") else {
                bytes.append(text[at])
                at += 1
                continue
            }
            guard at + 2 < text.endIndex, let high = hexDigit(text[at + 1]), let low = hexDigit(text[at + 2])
            else { throw .encoding }
            bytes.append(high << 4 | low)
            at += 3
        }
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), let decoded = String(validating: bytes, as: UTF8.self)
        else { throw .encoding }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func database(_ text: ArraySlice<UInt8>) throws(RedisURLFailure) -> Int? {
        guard !text.isEmpty else { return nil }
        guard text.allSatisfy({ (0x30...0x39).contains($0) }), text.count <= 5 else { throw .database }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func address(_ text: ArraySlice<UInt8>) throws(RedisURLFailure) -> RedisAddress {
        let colon: Int?
        let host: String
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else { throw .host }
            let literal = Array(text[(text.startIndex + 1)..<bracket])
            guard NumericAddress(ipv6: literal.span) != nil else { throw .host }
            host = String(decoding: literal, as: UTF8.self)
            let next = bracket + 1
            guard next == text.endIndex || text[next] == UInt8(ascii: ":") else { throw .host }
            colon = next == text.endIndex ? nil : next
        } else {
            colon = text.firstIndex(of: UInt8(ascii: ":"))
            let name = text[..<(colon ?? text.endIndex)]
            guard (1...253).contains(name.count), name.allSatisfy(isOfHost) else { throw .host }
            host = String(decoding: name, as: UTF8.self).lowercased()
        }
        guard let colon else { return RedisAddress(host: host, port: 6_379) }
        let digits = text[(colon + 1)...]
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .port }
        let port = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (1...65_535).contains(port) else { throw .port }
        return RedisAddress(host: host, port: port)
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let path = database.map { "/\($0)" } ?? ""
        let login = user == nil && password == nil ? "" : "\(user ?? ""):\(password == nil ? "" : "***")@"
        return "\(isSecure ? "rediss" : "redis")://\(login)\(address)\(path)"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
