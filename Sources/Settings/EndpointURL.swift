import ConfigSchema

/// The URL of an S3 service: `http` or `https`, a host, perhaps a port, and nothing behind them.
package struct EndpointURL: TextSetting {
    package enum Scheme: String, Sendable { case http, https }

    package var scheme: Scheme
    /// Lower-case; an IPv6 address without its brackets.
    package var host: String
    /// Nil: the scheme's.
    package var port: UInt16?
    package var isIPAddress: Bool

    /// The port to connect to.
    package var effectivePort: UInt16 { port ?? (scheme == .https ? 443 : 80) }

    package static let rule = TextRule(
        pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+/?$",
        expectation: "a URL such as `https://host` or `http://host:9000`, without a path, a query or a user"
    ) { EndpointURL($0) != nil }

    package init?(_ text: String) {
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        guard let authority = HostAndPort(String(rest)) else { return nil }
        self.scheme = scheme
        host = authority.host
        port = authority.port
        isIPAddress = authority.isIPAddress
    }

    package var text: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "")
    }
}
