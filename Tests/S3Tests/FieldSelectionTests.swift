import Exchange
import NIOCore
import S3
import Testing

@Suite("Which fields pass")
struct FieldSelectionTests {
    private func copy(_ selection: FieldSelection, _ fields: [(name: String, value: String)]) -> String {
        var out = ByteBuffer()
        selection.copy(block(fields), to: &out)
        return String(buffer: out)
    }

    private static let originFields: [(name: String, value: String)] = [
        ("x-amz-id-2", "internal"), ("x-amz-request-id", "internal"), ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"), ("ETag", "\"abc\""),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-meta-Author", "me"), ("x-amz-version-id", "v1"), ("Accept-Ranges", "bytes"),
        ("Content-Range", "bytes 0-1/2"),
        ("Content-Type", "text/plain"), ("Content-Length", "2"), ("Server", "AmazonS3"), ("Connection", "keep-alive"),
        ("Transfer-Encoding", "chunked"), ("Set-Cookie", "a=b"), ("Cache-Control", "max-age=1"),
        ("Content-Encoding", "gzip"),
        ("Content-Disposition", "inline"), ("Content-Language", "de"), ("Expires", "0"), ("X-Anything", "y"),
        ("Via", "1.1 x"),
        ("Keep-Alive", "timeout=5"), ("Access-Control-Allow-Origin", "*"), ("Location", "http://elsewhere"),
        ("x-amz-bucket-region", "eu-west-1"), ("WWW-Authenticate", "x"), ("Age", "1"), ("X-Cache", "HIT"),
    ]

    private static let kept = [
        "Last-Modified", "ETag", "x-amz-meta-Author", "x-amz-version-id", "Accept-Ranges", "Content-Range",
        "Content-Type",
        "Cache-Control", "Content-Encoding", "Content-Disposition", "Content-Language", "Expires",
    ]

    @Test("S3-4: of an origin's fields the object's own are kept as received, all others are dropped")
    func originResponse() {
        let expected = Self.originFields.filter { Self.kept.contains($0.name) }.map { "\($0.name): \($0.value)\r\n" }
        #expect(copy(.originResponse, Self.originFields) == expected.joined())
    }

    @Test("S3-3: of a client's fields only ranges and conditions reach an origin")
    func clientRequest() {
        let fields = [
            ("Host", "h"), ("Authorization", "Bearer x"), ("X-Amz-Security-Token", "t"), ("X-Amz-Date", "d"),
            ("x-amz-meta-a", "b"), ("Range", "bytes=0-1"), ("Cookie", "c"), ("If-None-Match", "\"a\""),
            ("X-Forwarded-For", "1"),
            ("If-Range", "\"a\""), ("If-Match", "*"), ("If-Modified-Since", "x"), ("If-Unmodified-Since", "y"),
            ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("x-amz-version-id", "v"),
            ("Expect", "100-continue"),
        ]
        #expect(
            copy(.clientRequest, fields)
                == "Range: bytes=0-1\r\nIf-None-Match: \"a\"\r\nIf-Range: \"a\"\r\nIf-Match: *\r\n"
                + "If-Modified-Since: x\r\nIf-Unmodified-Since: y\r\n")
    }

    @Test("S3-4: fields that stand in the block in another form come out as clean lines; so does any part of them")
    func otherForms() {
        var raw = FieldBlock(
            bytes: ByteBuffer(string: "??ETag:\"a\"  \r\nContent-Type:\ttext/plain\r\nExpires: 0\r\nAge: 1\r\nETag: b"))
        raw.bytes.moveReaderIndex(forwardBy: 2)
        raw.entries = [
            .init(name: .etag, nameStart: 0, nameLength: 4, valueStart: 5, valueLength: 3),
            .init(name: .contentType, nameStart: 12, nameLength: 12, valueStart: 26, valueLength: 10),
            .init(name: .expires, nameStart: 38, nameLength: 7, valueStart: 47, valueLength: 1),
            .init(name: .age, nameStart: 50, nameLength: 3, valueStart: 55, valueLength: 1),
            .init(name: .etag, nameStart: 58, nameLength: 4, valueStart: 64, valueLength: 1),
        ]
        var out = ByteBuffer()
        FieldSelection.originResponse.copy(raw, to: &out)
        #expect(String(buffer: out) == "ETag: \"a\"\r\nContent-Type: text/plain\r\nExpires: 0\r\nETag: b\r\n")
    }

    @Test("S3-4: copying stretches gives what copying field by field gives")
    func runs() throws {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<300 {
            let fields = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                Self.originFields.randomElement(using: &random)
            }
            let expected = fields.filter { Self.kept.contains($0.name) }.map { "\($0.name): \($0.value)\r\n" }
            #expect(copy(.originResponse, fields) == expected.joined())
        }
    }
}
