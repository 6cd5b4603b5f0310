import Exchange
import NIOCore
import S3

/// The parameters of a query, decoded; one that is there twice is refused.
struct QueryParameters: Sendable, Equatable {
    private var values: [String: [UInt8]] = [:]

    init(_ raw: ByteBuffer?) throws(OriginError) {
        for pair in (raw ?? ByteBuffer()).readableBytesView.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? Array(halves[1]) : []
            guard let name = PercentEncoding.decoded(Array(halves[0]).span, plusIsSpace: true),
                let decoded = PercentEncoding.decoded(value.span, plusIsSpace: true)
            else { throw .invalidURI }
            guard values.updateValue(decoded, forKey: String(decoding: name, as: UTF8.self)) == nil else {
                throw .invalidArgument("A query parameter is given twice.")
            }
        }
    }

    subscript(name: String) -> [UInt8]? { values[name] }

    /// Whether the query asks for a part of S3 beyond objects and lists.
    var namesSubresource: Bool { values.keys.contains { Self.subresources.contains($0) } }

    /// "Subresource" in the S3 API reference; each is an operation of its own.
    private static let subresources: Set<String> = [
        "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering",
        "inventory", "legal-hold", "lifecycle", "location", "logging", "metrics", "notification", "object-lock",
        "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "replication",
        "requestPayment", "restore", "retention", "select", "tagging", "torrent", "uploadId", "uploads", "versioning",
        "versions", "website",
    ]
}

/// What a request is about: `/bucket` or `/bucket/key`, decoded once.
struct OriginTarget: Sendable, Equatable {
    /// Empty for the service itself.
    let bucket: String
    /// Nil for the bucket itself.
    let key: ObjectKey?
    let parameters: QueryParameters

    init(_ head: RequestHead) throws(OriginError) {
        parameters = try QueryParameters(head.query)
        guard let path = PercentEncoding.decoded(head.path.readableBytesUInt8Span, plusIsSpace: false),
            path.first == UInt8(ascii: "/")
        else { throw .invalidURI }
        let rest = path.dropFirst()
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard let bucket = String(validating: rest[..<end], as: UTF8.self) else { throw .invalidURI }
        self.bucket = bucket
        let key = Array(rest[end...].dropFirst())
        self.key = key.isEmpty ? nil : try ObjectKey(key)
    }
}
