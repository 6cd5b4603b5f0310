import Exchange
import NIOCore

/// Writes the heads of GET and HEAD requests for the objects of one bucket, signed, straight into a buffer (S3-1).
///
/// The hot path of every miss. Whatever stays the same for a second is made once a second: the fields with date and
/// scope, the end of the canonical request, and the HMAC state that has absorbed the signing key and the head of the
/// string to sign. A request then adds its path and query, one hash and the rest of one HMAC. The canonical request
/// starts as the request line does but for what stands between its parts, so it is written and hashed in the place
/// of the head:
///
///     canonical:  GET ⏎ /prefix/key ⏎ query│⏎ host:… ⏎ … ⏎ signed names ⏎ hash of the empty body
///     out:        GET ␠ /prefix/key ? query│␠ HTTP/1.1 … x-amz-date … Authorization: … Signature=│hex│fields│CRLF
///                        per request       │ per second
///
/// One instance for each event loop and endpoint; it is not safe to share.
package final class ObjectRequestEncoder {
    package enum Operation: Sendable {
        case get, head

        fileprivate var name: StaticString {
            switch self {
            case .get: "GET"
            case .head: "HEAD"
            }
        }
    }

    package let endpoint: Endpoint
    /// As whom requests are made.
    package var identity = SigningIdentity.anonymous {
        didSet { if identity != oldValue { moment = nil } }
    }
    private let pathPrefix: [UInt8]
    private var moment: Moment?
    private var signingKey: (credentials: Credentials, day: String, state: MessageAuthentication)?

    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
        pathPrefix = Array("\(endpoint.pathPrefix)/".utf8)
    }

    /// Appends a complete request head, made as `identity`.
    ///
    /// - Parameters:
    ///   - key: the object's key, decoded; each byte is percent-encoded once, nothing is normalised.
    ///   - time: seconds since the epoch.
    ///   - id: sent unsigned as `x-request-id`.
    ///   - fields: more field lines, each with its CRLF, sent unsigned; never `Host`, `Authorization` or `x-amz-*`.
    package func encode(
        _ operation: Operation, key: Span<UInt8>, query: ObjectQuery = .none, time: Int64, id: RequestID? = nil,
        fields: ByteBuffer? = nil, to out: inout ByteBuffer
    ) {
        let moment = self.moment(time)
        let longestTarget = pathPrefix.count + 3 * key.count + query.longestEncoding
        let room = longestTarget + moment.length + (fields?.readableBytes ?? 0) + Self.ownLength
        out.writeWithOutputRawSpan(minimumWritableBytes: room) { out in
            out.append(operation.name)
            let methodEnd = out.byteCount
            out.append(UInt8(ascii: "\n"))
            out.append(pathPrefix)
            out.append(percentEncoded: key, keepsSlash: true)
            let pathEnd = out.byteCount
            out.append(UInt8(ascii: "\n"))
            query.write(to: &out)
            let signature = moment.signing?.signature(completing: &out)
            out.replace(at: methodEnd, with: UInt8(ascii: " "))
            if query.isEmpty { out.removeLast() } else { out.replace(at: pathEnd, with: UInt8(ascii: "?")) }
            out.append(moment.wire)
            if let signature { out.append(hexadecimal: signature) }
            out.append("\r\n")
            if let id {
                out.append("x-request-id: ")
                let text = id.text
                out.append(text.span)
                out.append("\r\n")
            }
            if let fields { out.append(fields.readableBytesUInt8Span) }
            out.append("\r\n")
        }
    }

    /// The longest method, separators, signature, request id and line ends together, generously.
    private static let ownLength = 160
}

extension ObjectRequestEncoder {
    /// What all requests within one second share, as long as the identity stays the same.
    private final class Moment {
        struct Signing {
            /// The canonical request after the query, beginning with its line feed.
            let canonical: [UInt8]
            /// The signing key, and the string to sign up to the hash of the canonical request.
            let state: MessageAuthentication

            /// The signature of the request whose canonical form begins with all of `out`; `out` comes back as it was.
            func signature(completing out: inout OutputRawSpan) -> MessageDigest {
                let start = out.byteCount
                out.append(canonical)
                let hash = MessageDigest(of: out.bytes)
                out.removeLast(canonical.count)
                out.append(hexadecimal: hash)
                defer { out.removeLast(64) }
                return state.code(of: out.bytes.extracting(start..<(start + 64)))
            }
        }

        let time: Int64
        /// The head after the target, up to where the signature belongs; without the last CRLF when unsigned.
        let wire: [UInt8]
        /// Nil for anonymous requests.
        let signing: Signing?

        /// How much room it needs at most, while signing or in the head.
        var length: Int { max(wire.count, signing?.canonical.count ?? 0) }

        init(time: Int64, wire: String, signing: Signing?) {
            self.time = time
            self.wire = Array(wire.utf8)
            self.signing = signing
        }
    }

    private func moment(_ time: Int64) -> Moment {
        if let moment, moment.time == time { return moment }
        let fresh: Moment
        switch identity {
        case .anonymous:
            let wire = " HTTP/1.1\r\nHost: \(endpoint.hostHeader)"
            fresh = Moment(time: time, wire: wire, signing: nil)
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
        unsafe state.update(head.utf8.span.bytes)
        return Moment(time: time, wire: wire, signing: .init(canonical: Array(canonical.utf8), state: state))
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
