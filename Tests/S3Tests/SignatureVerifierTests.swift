import Exchange
import NIOCore
import S3
import Testing

@Suite("Verifying signatures")
struct SignatureVerifierTests {
    private static let time: Int64 = 1_700_000_000
    private static let region = "us-east-1"

    private func credentials(token: String? = nil) throws -> Credentials {
        try Credentials(accessKey: "AK+x", secretKey: "SK", sessionToken: token)
    }

    private func verifier(token: String? = nil) throws -> SignatureVerifier {
        SignatureVerifier(region: Self.region, credentials: [try credentials(token: token)])
    }

    private func signed(token: String? = nil, key: String = "a b/ü+%.txt", fields: String = "") throws -> WireHead {
        let endpoint = try Endpoint(url: "http://127.0.0.1:9000", bucket: "b", region: Self.region)
        var out = ByteBuffer()
        let query = try ObjectQuery.parse("versionId=a+b%26".utf8.span, allowsOverrides: false)
        let encoder = ObjectRequestEncoder(endpoint: endpoint)
        encoder.identity = .credentials(try credentials(token: token))
        encoder.encode(
            .get, key: key.utf8.span, query: query, time: Self.time,
            fields: ByteBuffer(string: fields), to: &out)
        return WireHead(out)
    }

    private func verify(
        _ head: RequestHead, token: String? = nil, now: Int64 = Self.time
    ) throws -> SignatureVerifier.Verified {
        try verifier(token: token).verify(head, now: now)
    }

    @Test("S3-1: what the encoder signs, the verifier accepts", arguments: [nil, "TOKEN"])
    func accepts(token: String?) throws {
        let verified = try verify(try signed(token: token, fields: "Range: bytes=0-1\r\n").parsed, token: token)
        #expect(verified.accessKey == "AK+x")
        #expect(verified.payloadHash == SignableRequest.emptyPayloadHash)
    }

    @Test("S3-1: what the general signer signs, the verifier accepts, whatever the shape")
    func acceptsGeneral() throws {
        let pieces = ["a", "/", "%", " ", "+", "=", "&", "é", ".", "~", "?"]
        var random = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var request = SignableRequest(method: "PUT", path: [0x2f] + random.bytes(of: pieces, upTo: 8))
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                request.query.append(
                    .init(name: [0x6e] + random.bytes(of: pieces, upTo: 3), value: random.bytes(of: pieces, upTo: 3)))
            }
            request.fields = [.init("host", "h:1"), .init("x-amz-meta-a", "one  two"), .init("content-type", "")]
            request.payloadHash = SignableRequest.unsignedPayload
            RequestSigner(region: Self.region).sign(&request, as: try credentials(), time: Self.time)
            var target = ByteBuffer()
            request.writeTarget(to: &target)
            var lines = "PUT \(String(buffer: target)) HTTP/1.1\r\n"
            for field in request.fields.reversed() {
                lines += "\(field.name): \(String(decoding: field.value, as: UTF8.self))\r\n"
            }
            let verified = try verify(WireHead(ByteBuffer(string: lines + "\r\n")).parsed)
            #expect(verified.payloadHash == "UNSIGNED-PAYLOAD")
        }
    }

    @Test("S3-1: the clock may differ by 15 minutes and no more", arguments: [-901, -900, 900, 901] as [Int64])
    func skew(offset: Int64) throws {
        let head = try signed().parsed
        if offset.magnitude == 900 {
            _ = try verify(head, now: Self.time + offset)
        } else {
            #expect(throws: SignatureFailure.skewed) { try verify(head, now: Self.time + offset) }
        }
        #expect(throws: SignatureFailure.skewed) { try verify(head, now: .min) }
    }

    @Test("S3-1: a request changed in any part that is signed is refused")
    func tampering() throws {
        let original = try signed()
        var changed: [RequestHead] = []
        var head = original.parsed
        head.method = .head
        changed.append(head)
        head = original.parsed
        head.path = ByteBuffer(string: "/b/other")
        changed.append(head)
        for query in [nil, "versionId=c", "versionId=a%20b%26&acl="] {
            head = original.parsed
            head.query = query.map { ByteBuffer(string: $0) }
            changed.append(head)
        }
        head = original.parsed
        head.fields = block(original.fields.map { $0.name == "host" ? ($0.name, "elsewhere") : $0 })
        changed.append(head)
        head = original.parsed
        head.fields = block(
            original.fields.map { $0.name == "x-amz-content-sha256" ? ($0.name, "UNSIGNED-PAYLOAD") : $0 })
        changed.append(head)
        head = original.parsed
        head.fields = block(
            original.fields.map { ($0.name, $0.name == "authorization" ? flipLast($0.value) : $0.value) })
        changed.append(head)
        for head in changed {
            #expect(throws: SignatureFailure.mismatch) { try verify(head) }
        }
        let stranger = SignatureVerifier(
            region: Self.region, credentials: [try Credentials(accessKey: "AK+x", secretKey: "guess")])
        #expect(throws: SignatureFailure.mismatch) { try stranger.verify(original.parsed, now: Self.time) }
    }

    @Test("S3-1: each way to be refused has the code that S3 gives")
    func failures() throws {
        let original = try signed()
        func refused(
            _ failure: SignatureFailure, _ code: String, _ change: (inout [(name: String, value: String)]) -> Void
        ) {
            var fields = original.fields
            change(&fields)
            var head = original.parsed
            head.fields = block(fields)
            #expect(throws: failure) { try verify(head) }
            #expect(failure.code == code)
        }
        func replacing(_ old: String, _ new: String) -> (inout [(name: String, value: String)]) -> Void {
            { fields in
                fields = fields.map {
                    ($0.name, $0.name == "authorization" ? $0.value.replacing(old, with: new) : $0.value)
                }
            }
        }
        refused(.missing, "AccessDenied") { $0.removeAll { $0.name == "authorization" } }
        refused(.missingField, "AccessDenied") { $0.removeAll { $0.name == "x-amz-date" } }
        refused(.missingField, "AccessDenied") { $0.removeAll { $0.name == "x-amz-content-sha256" } }
        refused(.unsignedField, "AccessDenied") { $0.append(("X-Amz-Copy-Source", "/c/secret")) }
        refused(.unsignedField, "AccessDenied", replacing("SignedHeaders=host;", "SignedHeaders="))
        refused(.unknownAccessKey, "InvalidAccessKeyId", replacing("=AK+x/", "=AK+y/"))
        refused(
            .wrongRegion(expected: "us-east-1"), "AuthorizationHeaderMalformed", replacing("us-east-1", "eu-west-1"))
        refused(.malformed, "AuthorizationHeaderMalformed", replacing("/s3/", "/ec2/"))
        refused(.malformed, "AuthorizationHeaderMalformed", replacing("AWS4-HMAC-SHA256", "AWS4-ECDSA"))
        refused(.malformed, "AuthorizationHeaderMalformed", replacing("/20231114/", "/20231115/"))
        refused(.malformed, "AuthorizationHeaderMalformed", replacing(", Signature=", ", Signature=0"))
        refused(
            .malformed, "AuthorizationHeaderMalformed", replacing("SignedHeaders=host;", "SignedHeaders=host;host;"))
        refused(.wrongToken, "InvalidToken") { $0.append(("x-amz-security-token", "stolen")) }
        refused(.mismatch, "SignatureDoesNotMatch") { $0.removeAll { $0.name == "host" } }
        #expect(throws: SignatureFailure.wrongToken) { try verify(try signed(token: "T").parsed, token: "U") }
        var bad = original.parsed
        bad.path = ByteBuffer(string: "/%zz")
        #expect(throws: SignatureFailure.badTarget) { try verify(bad) }
    }

    @Test("S3-1: no Authorization field makes the verifier trap or believe")
    func fuzz() throws {
        let original = try signed()
        let pieces = [
            "AWS4-HMAC-SHA256 ", "Credential=", "SignedHeaders=", "Signature=", ",", "/", ";", "=", " ", "host", "a",
        ]
        let verifier = try verifier()
        var random = SeededGenerator(seed: 12)
        for _ in 0..<5_000 {
            let value = "AWS4-HMAC-SHA256 " + String(decoding: random.bytes(of: pieces, upTo: 14), as: UTF8.self)
            var head = original.parsed
            head.fields = block([("Host", "h"), ("Authorization", value)])
            head.query = ByteBuffer(bytes: random.bytes(of: ["%", "=", "&", "a", "+"], upTo: 6))
            if (try? verifier.verify(head, now: Self.time)) != nil { Issue.record("believed: \(value)") }
        }
    }

    private func flipLast(_ value: String) -> String {
        String(value.dropLast()) + (value.hasSuffix("0") ? "1" : "0")
    }
}
