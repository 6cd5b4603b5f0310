/// Why an endpoint cannot be used with its bucket and region.
package enum EndpointFailure: Error, Equatable, Sendable {
    /// Not of the form `http[s]://host[:port][/path]`.
    case badURL
    case badHost
    case badPort
    /// The URL's path holds more than unreserved characters and `/`, or dot segments.
    case badPath
    case badBucket
    case badRegion
    /// Virtual-host addressing on an IP address.
    case virtualHostNeedsName

    /// What is wrong, for the operator.
    package var explanation: String {
        switch self {
        case .badURL: "it is not of the form http[s]://host[:port][/path]"
        case .badHost: "its host is neither a name nor an IP address"
        case .badPort: "its port is not a number from 1 to 65535"
        case .badPath: "its path holds characters that need escapes, or dot segments"
        case .badBucket: "the bucket's name cannot stand in its requests"
        case .badRegion: "the region's name cannot stand in signatures"
        case .virtualHostNeedsName: "virtual addressing needs a host name, not an IP address"
        }
    }
}

/// Where one bucket is reached and under which names: the one source of what is connected to, sent and signed.
///
/// Path style puts the bucket first in the path, virtual-host style first in the host name. Both the request line and
/// the signature are made of `pathPrefix` and `hostHeader`, so that they cannot differ.
package struct Endpoint: Sendable, Hashable {
    package enum Addressing: String, Sendable, CaseIterable {
        /// Virtual-host style for AWS over TLS when the bucket's name is one DNS label, else path style.
        case auto
        case path
        case virtual
    }

    package let isSecure: Bool
    /// The name or the IP literal (without brackets) to connect to.
    package let connectHost: String
    package let port: Int
    /// The value of the Host field; the port is named only when it is not the scheme's own.
    package let hostHeader: String
    /// What precedes `/key` in the request target, percent-encoded: the URL's path and, in path style, the bucket.
    package let pathPrefix: String
    package let bucket: String
    package let region: String
    package let isVirtualHosted: Bool

    /// The name for TLS (SNI and verification); nil for an IP address.
    package var serverName: String? { Self.isAddress(connectHost) ? nil : connectHost }

    /// - Parameters:
    ///   - url: nil means AWS: `https://s3.REGION.amazonaws.com`, in other partitions their own suffix.
    package init(
        url: String? = nil, bucket: String, region: String, addressing: Addressing = .auto
    ) throws(EndpointFailure) {
        guard Self.isRegion(region) else { throw .badRegion }
        guard Self.isBucket(bucket) else { throw .badBucket }
        let place = try EndpointURL(url ?? "https://s3.\(region).\(Self.domain(of: region))")
        let holdsBucket = place.host.hasPrefix("\(bucket).s3") && Self.isAWS(place.host)
        let isVirtual: Bool
        switch addressing {
        case .auto: isVirtual = holdsBucket || (place.isSecure && Self.isAWS(place.host) && Self.isLabel(bucket))
        case .path: isVirtual = false
        case .virtual: isVirtual = true
        }
        guard !isVirtual || !Self.isAddress(place.host) else { throw .virtualHostNeedsName }
        guard !isVirtual || Self.isHostPart(bucket) else { throw .badBucket }
        isSecure = place.isSecure
        port = place.port
        connectHost = isVirtual && !holdsBucket ? "\(bucket).\(place.host)" : place.host
        let name = connectHost.contains(":") ? "[\(connectHost)]" : connectHost
        hostHeader = port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
        pathPrefix = isVirtual ? place.path : place.path + "/" + PercentEncoding.encoded(bucket)
        self.bucket = bucket
        self.region = region
        isVirtualHosted = isVirtual
    }

    /// The partitions' domains, as AWS's own SDKs list them.
    private static func domain(of region: String) -> String {
        if region.hasPrefix("cn-") { return "amazonaws.com.cn" }
        if region.hasPrefix("eusc-") { return "amazonaws.eu" }
        if region.hasPrefix("us-iso-") { return "c2s.ic.gov" }
        if region.hasPrefix("us-isob-") { return "sc2s.sgov.gov" }
        if region.hasPrefix("us-isof-") { return "csp.hci.ic.gov" }
        if region.hasPrefix("eu-isoe-") { return "cloud.adc-e.uk" }
        return "amazonaws.com"
    }

    private static let domains = [
        "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "csp.hci.ic.gov",
        "cloud.adc-e.uk",
    ]

    private static func isAWS(_ host: String) -> Bool { domains.contains { host.hasSuffix(".\($0)") } }

    /// A region stands in the credential scope, between slashes.
    private static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy { $0.isUnreserved && $0 != UInt8(ascii: "~") }
    }

    private static func isBucket(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255 && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
    }

    /// One DNS label of 3 … 63 lower-case letters, digits and inner dashes.
    private static func isLabel(_ text: String) -> Bool {
        (3...63).contains(text.utf8.count) && isHostPart(text) && !text.utf8.contains(UInt8(ascii: "."))
    }

    private static func isHostPart(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.first != UInt8(ascii: "-") && label.utf8.last != UInt8(ascii: "-")
                && label.utf8.allSatisfy { byte in
                    byte.isLowercaseLetter || byte.isDigit || byte == UInt8(ascii: "-")
                }
        }
    }

    /// An IPv6 literal, or a name whose last label is a number, which no name of DNS can be.
    private static func isAddress(_ host: String) -> Bool {
        host.utf8.contains(UInt8(ascii: ":"))
            || (host.split(separator: ".").last.map { $0.utf8.allSatisfy(\.isDigit) } ?? true)
    }
}
