import NIOCore
import S3
import Testing

@Suite("Signature Version 4: the examples of the S3 API reference")
struct RequestSignerTests {
    private static let time: Int64 = 1_369_353_600
    private static let host = SignableRequest.Field("host", "examplebucket.s3.amazonaws.com")

    private func credentials() throws -> Credentials {
        try Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }

    private func signature(_ request: SignableRequest) throws -> String {
        var request = request
        RequestSigner(region: "us-east-1").sign(&request, as: try credentials(), time: Self.time)
        let value = String(decoding: try #require(request.fields.last).value, as: UTF8.self)
        return String(value.suffix(64))
    }

    @Test("S3-1: AWS's example: a GET with a range")
    func rangedGet() throws {
        let request = SignableRequest(
            method: "GET", path: Array("/test.txt".utf8), fields: [Self.host, .init("range", "bytes=0-9")])
        #expect(try signature(request) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("S3-1: AWS's example: a PUT with a body")
    func put() throws {
        let request = SignableRequest(
            method: "PUT", path: Array("/test$file.text".utf8),
            fields: [
                Self.host, .init("date", "Fri, 24 May 2013 00:00:00 GMT"),
                .init("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            payloadHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        #expect(try signature(request) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test("S3-1: AWS's examples: a parameter without a value, and a list")
    func queries() throws {
        var request = SignableRequest(
            method: "GET", path: [0x2f], query: [.init("lifecycle", "")], fields: [Self.host])
        #expect(try signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        request.query = [.init("prefix", "J"), .init("max-keys", "2")]
        #expect(try signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test("S3-1: the target is written as it is signed")
    func target() {
        let request = SignableRequest(
            method: "GET", path: Array("/a b/ü".utf8), query: [.init("prefix", "x/y z"), .init("list-type", "2")])
        var out = ByteBuffer()
        request.writeTarget(to: &out)
        #expect(String(buffer: out) == "/a%20b/%C3%BC?list-type=2&prefix=x%2Fy%20z")
    }
}

@Suite("Credentials")
struct CredentialsTests {
    @Test("S3-7: printing credentials in any way shows no secret")
    func masked() throws {
        let credentials = try Credentials(
            accessKey: "AKIDEXAMPLE", secretKey: "top-secret", sessionToken: "hidden-token")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(SigningIdentity.credentials(credentials), to: &dumped)
        dump(StaticCredentials(.credentials(credentials)), to: &dumped)
        let texts = [
            "\(credentials)", String(describing: credentials), String(reflecting: credentials), dumped,
            "\(SigningIdentity.credentials(credentials))", "\(Optional(credentials) as Any)", "\([credentials])",
        ]
        for text in texts {
            #expect(text.contains("AKIDEXAMPLE"))
            #expect(!text.contains("top-secret"))
            #expect(!text.contains("hidden-token"))
        }
    }

    @Test(
        "S3-1: credentials that could break out of a header are refused",
        arguments: [
            ("", "s", nil, .emptyAccessKey), ("a", "", nil, .emptySecretKey), ("a\r\nb", "s", nil, .illegalCharacter),
            ("a b", "s", nil, .illegalCharacter), ("a", "s", "t\n", .illegalCharacter),
            ("ä", "s", nil, .illegalCharacter), ("a,b", "s", nil, .illegalCharacter),
            ("a/b", "s", nil, .illegalCharacter), ("a=b", "s", nil, .illegalCharacter),
        ] as [(String, String, String?, CredentialsFailure)])
    func refused(access: String, secret: String, token: String?, failure: CredentialsFailure) {
        #expect(throws: failure) { try Credentials(accessKey: access, secretKey: secret, sessionToken: token) }
    }

    @Test("S3-1: an empty session token is none")
    func emptyToken() throws {
        #expect(try Credentials(accessKey: "a", secretKey: "s", sessionToken: "").sessionToken == nil)
    }
}
