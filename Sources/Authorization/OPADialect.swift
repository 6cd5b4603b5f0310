import Exchange
import NIOCore
import Settings

/// How OPA is asked about one bucket and how its answers are read (OPA-1): a value, without a socket.
///
/// `POST {url}/v1/data/{policy_path}` with `{"input":{…}}`; the answer's `result` is a boolean, or an object with the
/// boolean `allow` and, for the log, the text `reason`.
package struct OPADialect {
    /// The longest reason that is kept, in bytes.
    private static let reasonLimit = 256

    private let request: ProviderRequest
    /// `,"bucket":"…","path":`
    private var middle = ByteBuffer()

    package init(url: EndpointURL, policyPath: String, bucket: String) {
        request = ProviderRequest(url, target: "/v1/data/\(policyPath)")
        middle.writeStaticString(",\"bucket\":")
        middle.writeJSONString(bucket.utf8.span)
        middle.writeStaticString(",\"path\":")
    }

    /// Appends all that the decision depends on, beside the bucket: claims, method, client and path.
    package func writeKey(of question: borrowing AccessQuestion, to key: inout [UInt8]) {
        let identity = question.principal.identity
        key.append(word: identity.high)
        key.append(word: identity.low)
        key.append(word: UInt64(question.client.readableBytes) << 8 | UInt64(question.method.rawValue))
        // read within this call alone
        unsafe question.client.withUnsafeReadableBytes { unsafe key.append(contentsOf: $0) }
        key.append(contentsOf: question.path)
    }

    /// The whole request; nil when the path is not UTF-8, so that JSON cannot hold it.
    package func encode(_ question: borrowing AccessQuestion) -> ByteBuffer? {
        guard question.path.span.isUTF8 else { return nil }
        let claims = question.principal.claims.bytes
        var body = ByteBuffer()
        body.reserveCapacity(claims.count + question.path.count + middle.readableBytes + 160)
        body.writeStaticString("{\"input\":{\"jwt_claims\":")
        body.writeBytes(claims)
        body.writeImmutableBuffer(middle)
        body.writeJSONString(question.path.span)
        body.writeStaticString(",\"method\":")
        body.writeJSONString(question.method.name.utf8.span)
        body.writeStaticString(",\"client_ip\":")
        body.writeJSONString(question.client.readableBytesUInt8Span)
        body.writeStaticString("}}")
        return request.with(body)
    }

    /// The decision that an answer holds; nil when it holds none, as for a policy that is not there.
    ///
    /// A reason that is no text does not count: who is refused must not be let in by a policy's way to say why.
    package static func decision(in answer: JSONDocument) -> Decision? {
        guard let result = answer.root["result"] else { return nil }
        if let allow = result.bool { return allow ? .allow : .deny(reason: "the policy says no") }
        guard let allow = result["allow"]?.bool else { return nil }
        if allow { return .allow }
        guard let reason = result["reason"]?.string, !reason.isEmpty else { return .deny(reason: "the policy says no") }
        return .deny(reason: String(decoding: reason.prefix(reasonLimit), as: UTF8.self))
    }
}

extension [UInt8] {
    /// Appends the eight bytes of a word.
    fileprivate mutating func append(word: UInt64) {
        // read within this call alone
        unsafe Swift.withUnsafeBytes(of: word) { unsafe append(contentsOf: $0) }
    }
}
