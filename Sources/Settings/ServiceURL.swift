import ConfigSchema

/// The URL of something that is asked over HTTP: scheme, host, perhaps a port, a path and a query; no user.
package struct ServiceURL: TextSetting {
    package let text: String
    package let scheme: EndpointURL.Scheme
    package let host: String
    package let port: UInt16
    /// Path and query as they go on the wire; `/` where the text has none.
    package let target: String

    package static let rule = TextRule(
        pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+([/?][!-~]*)?$",
        expectation: "a URL such as `https://host/path` or `http://host:8080`, without a user or a fragment"
    ) { ServiceURL($0) != nil }

    package init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let base = EndpointURL(String(text[..<end])) else { return nil }
        let path = String(rest[end...])
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else { return nil }
        self.text = text
        scheme = base.scheme
        host = base.host
        port = base.effectivePort
        target = path.hasPrefix("/") ? path : "/" + path
    }

    /// What the Host field says.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }
}
