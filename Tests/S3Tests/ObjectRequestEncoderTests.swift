import Exchange
import NIOCore
import S3
import Testing

@Suite("Object requests on the wire")
struct ObjectRequestEncoderTests {
    private static let time: Int64 = 1_369_353_600

    private func identity(_ access: String = "AK", token: String? = nil) throws -> SigningIdentity {
        .credentials(try Credentials(accessKey: access, secretKey: "SK-\(access)", sessionToken: token))
    }

    private func encode(
        _ encoder: ObjectRequestEncoder, _ key: String, as identity: SigningIdentity, time: Int64 = Self.time,
        fields: String = ""
    ) -> String {
        var out = ByteBuffer()
        encoder.identity = identity
        encoder.encode(
            .get, key: key.utf8.span, time: time, fields: ByteBuffer(string: fields), to: &out)
        return String(buffer: out)
    }

    private func encoder(bucket: String = "b") throws -> ObjectRequestEncoder {
        ObjectRequestEncoder(endpoint: try Endpoint(url: "http://minio:9000", bucket: bucket, region: "us-east-1"))
    }

    @Test("S3-1: a whole head, byte by byte; the caller's fields follow unsigned")
    func wholeHead() throws {
        let head = encode(
            try encoder(), "a b.txt", as: try identity(token: "TOKEN"),
            fields: "Range: bytes=0-9\r\nX-Request-ID: 1\r\n")
        let signature = try #require(head.firstRange(of: "Signature="))
        let hex = head[signature.upperBound...].prefix(64)
        #expect(
            head == """
                GET /b/a%20b.txt HTTP/1.1\r
                Host: minio:9000\r
                x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r
                x-amz-date: 20130524T000000Z\r
                x-amz-security-token: TOKEN\r
                Authorization: AWS4-HMAC-SHA256 Credential=AK/20130524/us-east-1/s3/aws4_request, \
                SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=\(hex)\r
                Range: bytes=0-9\r
                X-Request-ID: 1\r
                \r

                """)
    }

    @Test("S3-7: anonymous requests carry nothing of a signature")
    func anonymous() throws {
        let head = encode(try encoder(), "k", as: .anonymous, fields: "Range: bytes=0-9\r\n")
        #expect(head == "GET /b/k HTTP/1.1\r\nHost: minio:9000\r\nRange: bytes=0-9\r\n\r\n")
    }

    @Test("S3-1: heads are appended; what is in the buffer already stays")
    func appends() throws {
        let encoder = try encoder()
        var out = ByteBuffer(string: "before")
        out.moveReaderIndex(forwardBy: 3)
        encoder.identity = try identity()
        encoder.encode(.head, key: "k".utf8.span, time: Self.time, to: &out)
        let text = String(buffer: out)
        var alone = ByteBuffer()
        encoder.encode(.head, key: "k".utf8.span, time: Self.time, to: &alone)
        #expect(text == "ore" + String(buffer: alone))
    }

    @Test(
        "S3-1: one encoder follows changes of second, day, credentials and token; each request equals a fresh encoder's"
    )
    func caches() throws {
        let shared = try encoder()
        let identities = [
            try identity("A"), try identity("B"), .anonymous, try identity("A", token: "T1"),
            try identity("A", token: "T2"),
        ]
        var random = SeededGenerator(seed: 9)
        var distinct: Set<String> = []
        for _ in 0..<300 {
            let identity = try #require(identities.randomElement(using: &random))
            let time =
                Self.time + Int64.random(in: 0...1, using: &random) * 86_400 + Int64.random(in: 0...2, using: &random)
            let head = encode(shared, "key", as: identity, time: time)
            #expect(head == encode(try encoder(), "key", as: identity, time: time))
            distinct.insert(head)
        }
        #expect(distinct.count == 4 * 6 + 1)
    }

    @Test("S3-1: buckets do not share credentials: another secret or bucket is another signature")
    func isolation() throws {
        let one = encode(try encoder(), "k", as: try identity("A"))
        let other = encode(try encoder(bucket: "c"), "k", as: try identity("B"))
        #expect(one != other)
        #expect(!other.contains("Credential=A/"))
    }

    @Test("S3-1: in any place a byte stands for itself exactly when it is unreserved or a slash, whatever is beside it")
    func everyByte() throws {
        let encoder = try encoder()
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        let written = (0...255).map { byte in
            plain.contains(UInt8(byte))
                ? String(UnicodeScalar(UInt8(byte))) : "%\(digits[byte >> 4])\(digits[byte & 15])"
        }
        for neighbour in [UInt8(ascii: "a"), UInt8(ascii: "~"), 0xff] {
            for place in 0..<17 {
                for byte in UInt8.min...UInt8.max {
                    var key = [UInt8](repeating: neighbour, count: 17)
                    key[place] = byte
                    var out = ByteBuffer()
                    encoder.encode(.get, key: key.span, time: Self.time, to: &out)
                    let expected = "/b/" + key.map { written[Int($0)] }.joined()
                    if WireHead(out).target != expected { Issue.record("\(key)") }
                }
            }
        }
    }

    @Test("RTE-2, S3-1: no key can get a line break or a space into the request line, and every key comes back whole")
    func anyBytes() throws {
        let encoder = try encoder()
        encoder.identity = try identity()
        var random = SeededGenerator(seed: 10)
        for _ in 0..<3_000 {
            let key = (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            var out = ByteBuffer()
            encoder.encode(.get, key: key.span, time: Self.time, to: &out)
            let head = WireHead(out)
            let decoded = PercentEncoding.decoded(head.target.utf8.span, plusIsSpace: false)
            if decoded != Array("/b/".utf8) + key || head.strayLines > 0 || head.fields.count != 4 {
                Issue.record("\(key)")
            }
        }
    }
}
