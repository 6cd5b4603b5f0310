import Exchange
import NIOCore

/// Writes the heads of GET and HEAD requests for the objects of one bucket, signed, straight into a buffer (S3-1).
///
/// The hot path of every miss. Whatever stays the same for a second is made once a second: the fields with date and
/// scope, the end of the canonical request, and the HMAC state that has absorbed the signing key and the head of the
/// string to sign. A request then adds its path and query, one hash and the rest of one HMAC:
///
///     out:        GET /prefix/key?query│ HTTP/1.1 … x-amz-date … Authorization: … Signature=│hex│fields│CRLF
///     canonical:  GET ⏎ /prefix/key ⏎ query ⏎│host:… ⏎ … ⏎ signed names ⏎ hash of the empty body
///                        per request          │ per second
///
/// One instance for each event loop and endpoint; it is not safe to share. Credentials may change at any call.
package final class ObjectRequestEncoder {
    package enum Operation: Sendable {
        case get, head

        fileprivate var name: StaticString {
            switch self {
            case .get: "GET "
            case .head: "HEAD "
            }
        }
    }

    package let endpoint: Endpoint
    private let pathPrefix: ByteBuffer
    private var canonical = ByteBuffer()
    private var moment: Moment?
    private var signingKey: (credentials: Credentials, day: String, state: MessageAuthentication)?

    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
        pathPrefix = ByteBuffer(string: endpoint.pathPrefix + "/")
    }

    /// Appends a complete request head.
    ///
    /// - Parameters:
    ///   - key: the object's key, decoded; each byte is percent-encoded once, nothing is normalised.
    ///   - time: seconds since the epoch.
    ///   - id: sent unsigned as `x-request-id`.
    ///   - fields: more field lines, each with its CRLF, sent unsigned; never `Host`, `Authorization` or `x-amz-*`.
    package func encode(
        _ operation: Operation, key: Span<UInt8>, query: ObjectQuery = .none, as identity: SigningIdentity,
        time: Int64, id: RequestID? = nil, fields: ByteBuffer = ByteBuffer(), to out: inout ByteBuffer
    ) {
        let moment = self.moment(identity, time)
        out.writeStaticString(operation.name)
        let path = out.readableBytes
        out.writeImmutableBuffer(pathPrefix)
        out.writePercentEncoded(key, keepsSlash: true)
        let pathEnd = out.readableBytes
        var queryStart = pathEnd
        if !query.isEmpty {
            out.writeStaticString("?")
            queryStart = out.readableBytes
            query.write(to: &out)
        }
        let queryEnd = out.readableBytes
        out.writeImmutableBuffer(moment.wire)
        if let signing = moment.signing {
            var text = ByteBuffer()
            swap(&text, &canonical)
            text.clear()
            text.writeStaticString(operation == .get ? "GET\n" : "HEAD\n")
            unsafe text.writeBytes(out.readableBytesUInt8Span.extracting(path..<pathEnd).bytes)
            text.writeStaticString("\n")
            unsafe text.writeBytes(out.readableBytesUInt8Span.extracting(queryStart..<queryEnd).bytes)
            text.writeImmutableBuffer(signing.canonical)
            var mac = signing.state
            let hash = MessageDigest(of: text.readableBytesUInt8Span).hex
            mac.update(hash.span)
            out.writeHex(mac.finalize())
            swap(&text, &canonical)
        }
        out.writeStaticString("\r\n")
        if let id {
            out.writeStaticString("x-request-id: ")
            id.write(to: &out)
            out.writeStaticString("\r\n")
        }
        if fields.readableBytes > 0 { out.writeImmutableBuffer(fields) }
        out.writeStaticString("\r\n")
    }
}

extension ObjectRequestEncoder {
    /// What all requests of one identity within one second share.
    private final class Moment {
        struct Signing {
            /// The canonical request after the query, beginning with its line feed.
            var canonical: ByteBuffer
            /// The signing key, and the string to sign up to the hash of the canonical request.
            var state: MessageAuthentication
        }

        let identity: SigningIdentity
        let time: Int64
        /// The head after the target, up to where the signature belongs; without the last CRLF when unsigned.
        let wire: ByteBuffer
        /// Nil for anonymous requests.
        let signing: Signing?

        init(identity: SigningIdentity, time: Int64, wire: ByteBuffer, signing: Signing?) {
            self.identity = identity
            self.time = time
            self.wire = wire
            self.signing = signing
        }
    }

    private func moment(_ identity: SigningIdentity, _ time: Int64) -> Moment {
        if let moment, moment.time == time, moment.identity == identity { return moment }
        let fresh: Moment
        switch identity {
        case .anonymous:
            let wire = ByteBuffer(string: " HTTP/1.1\r\nHost: \(endpoint.hostHeader)")
            fresh = Moment(identity: identity, time: time, wire: wire, signing: nil)
        case .credentials(let credentials):
            fresh = signedMoment(credentials, time)
        }
        moment = fresh
        return fresh
    }

    private func signedMoment(_ credentials: Credentials, _ time: Int64) -> Moment {
        let date = AmzDate.text(time)
        let day = String(date.prefix(8))
        let scope = "\(day)/\(endpoint.region)/s3/aws4_request"
        let hash = SignableRequest.emptyPayloadHash
        let token = credentials.sessionToken
        let names = "host;x-amz-content-sha256;x-amz-date" + (token == nil ? "" : ";x-amz-security-token")
        let tokenLine = token.map { "x-amz-security-token: \($0)\r\n" } ?? ""
        let wire =
            " HTTP/1.1\r\nHost: \(endpoint.hostHeader)\r\nx-amz-content-sha256: \(hash)\r\nx-amz-date: \(date)\r\n"
            + "\(tokenLine)Authorization: AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), "
            + "SignedHeaders=\(names), Signature="
        let canonicalToken = token.map { "x-amz-security-token:\($0)\n" } ?? ""
        let canonical =
            "\nhost:\(endpoint.hostHeader)\nx-amz-content-sha256:\(hash)\nx-amz-date:\(date)\n"
            + "\(canonicalToken)\n\(names)\n\(hash)"
        var state = signingState(credentials, day: day)
        let head = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n"
        state.update(head.utf8.span)
        return Moment(
            identity: .credentials(credentials), time: time, wire: ByteBuffer(string: wire),
            signing: .init(canonical: ByteBuffer(string: canonical), state: state))
    }

    /// The key changes with the day and the secret only; deriving it costs five HMACs.
    private func signingState(_ credentials: Credentials, day: String) -> MessageAuthentication {
        if let signingKey, signingKey.day == day, signingKey.credentials == credentials { return signingKey.state }
        let state = MessageAuthentication(
            signingKeyOf: credentials.secretKey, day: day, region: endpoint.region, service: "s3")
        signingKey = (credentials, day, state)
        return state
    }
}
