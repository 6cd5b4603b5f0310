import S3
import Testing

@Suite("Endpoints")
struct EndpointTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var url: String?
        var bucket = "photos"
        var region = "eu-west-1"
        var style = Endpoint.Addressing.auto
        var connect: String
        var port = 443
        var host: String
        var prefix: String
        var testDescription: String { "\(url ?? "AWS") \(bucket) \(region) \(style)" }
    }

    @Test(
        "S3-1: where a bucket is reached, and under which names",
        arguments: [
            Row(connect: "photos.s3.eu-west-1.amazonaws.com", host: "photos.s3.eu-west-1.amazonaws.com", prefix: ""),
            Row(
                style: .path, connect: "s3.eu-west-1.amazonaws.com", host: "s3.eu-west-1.amazonaws.com",
                prefix: "/photos"),
            Row(
                bucket: "a.dotted.name", connect: "s3.eu-west-1.amazonaws.com", host: "s3.eu-west-1.amazonaws.com",
                prefix: "/a.dotted.name"),
            Row(
                bucket: "Upper_Case", connect: "s3.eu-west-1.amazonaws.com", host: "s3.eu-west-1.amazonaws.com",
                prefix: "/Upper_Case"),
            Row(
                region: "cn-north-1", connect: "photos.s3.cn-north-1.amazonaws.com.cn",
                host: "photos.s3.cn-north-1.amazonaws.com.cn", prefix: ""),
            Row(
                region: "us-iso-east-1", style: .path, connect: "s3.us-iso-east-1.c2s.ic.gov",
                host: "s3.us-iso-east-1.c2s.ic.gov", prefix: "/photos"),
            Row(
                url: "http://s3.eu-west-1.amazonaws.com", connect: "s3.eu-west-1.amazonaws.com", port: 80,
                host: "s3.eu-west-1.amazonaws.com", prefix: "/photos"),
            Row(
                url: "https://photos.s3.eu-west-1.amazonaws.com", connect: "photos.s3.eu-west-1.amazonaws.com",
                host: "photos.s3.eu-west-1.amazonaws.com", prefix: ""),
            Row(
                url: "http://127.0.0.1:9000", connect: "127.0.0.1", port: 9_000, host: "127.0.0.1:9000",
                prefix: "/photos"),
            Row(url: "http://[::1]:9000/", connect: "::1", port: 9_000, host: "[::1]:9000", prefix: "/photos"),
            Row(url: "https://[fe80::1]", connect: "fe80::1", host: "[fe80::1]", prefix: "/photos"),
            Row(url: "https://MinIO.Example:443", connect: "minio.example", host: "minio.example", prefix: "/photos"),
            Row(
                url: "https://minio.example:80", connect: "minio.example", port: 80, host: "minio.example:80",
                prefix: "/photos"),
            Row(
                url: "http://minio:9000", style: .virtual, connect: "photos.minio", port: 9_000,
                host: "photos.minio:9000", prefix: ""),
            Row(
                url: "https://gate.example/s3/", style: .path, connect: "gate.example", host: "gate.example",
                prefix: "/s3/photos"),
            Row(
                url: "https://gate.example/s3", style: .virtual, connect: "photos.gate.example",
                host: "photos.gate.example", prefix: "/s3"),
            Row(
                url: "https://amazonaws.com.evil.example", connect: "amazonaws.com.evil.example",
                host: "amazonaws.com.evil.example", prefix: "/photos"),
            Row(
                url: "http://minio:9000", bucket: "odd:name", connect: "minio", port: 9_000, host: "minio:9000",
                prefix: "/odd%3Aname"),
        ])
    func places(row: Row) throws {
        let endpoint = try Endpoint(url: row.url, bucket: row.bucket, region: row.region, addressing: row.style)
        #expect(endpoint.connectHost == row.connect)
        #expect(endpoint.port == row.port)
        #expect(endpoint.hostHeader == row.host)
        #expect(endpoint.pathPrefix == row.prefix)
        #expect(endpoint.isSecure == (row.url?.hasPrefix("https") ?? true))
    }

    @Test("S3-1: TLS asks for the name that is connected to, never for an address")
    func serverName() throws {
        #expect(try Endpoint(bucket: "b12", region: "r").serverName == "b12.s3.r.amazonaws.com")
        #expect(try Endpoint(url: "https://10.0.0.1", bucket: "b", region: "r").serverName == nil)
        #expect(try Endpoint(url: "https://[::1]", bucket: "b", region: "r").serverName == nil)
    }

    @Test(
        "S3-1: what cannot be an endpoint is refused with its reason",
        arguments: [
            ("", "b", "r", .auto, .badURL), ("ftp://x", "b", "r", .auto, .badURL),
            ("x.example", "b", "r", .auto, .badURL),
            ("https://", "b", "r", .auto, .badHost), ("https://a b", "b", "r", .auto, .badHost),
            ("https://u:p@x", "b", "r", .auto, .badPort), ("https://u@x", "b", "r", .auto, .badHost),
            ("https://x\r\ny", "b", "r", .auto, .badHost), ("https://a..b", "b", "r", .auto, .badHost),
            ("https://[::1", "b", "r", .auto, .badHost), ("https://[x]", "b", "r", .auto, .badHost),
            ("https://x:", "b", "r", .auto, .badPort), ("https://x:0", "b", "r", .auto, .badPort),
            ("https://x:65536", "b", "r", .auto, .badPort), ("https://x:9a", "b", "r", .auto, .badPort),
            ("https://[::1]x", "b", "r", .auto, .badPort), ("https://x?y", "b", "r", .auto, .badURL),
            ("https://x/#y", "b", "r", .auto, .badURL), ("https://x/a/../b", "b", "r", .auto, .badPath),
            ("https://x/a b", "b", "r", .auto, .badPath), ("https://x", "", "r", .auto, .badBucket),
            ("https://x", "a/b", "r", .auto, .badBucket), ("https://x", "..", "r", .auto, .badBucket),
            ("https://x", "a b", "r", .auto, .badBucket), ("https://x", "a_b", "r", .virtual, .badBucket),
            ("https://x", "b", "", .auto, .badRegion), ("https://x", "b", "a/b", .auto, .badRegion),
            ("https://x", "b", "a\r\nb", .auto, .badRegion),
            ("http://127.0.0.1", "b", "r", .virtual, .virtualHostNeedsName),
        ] as [(String, String, String, Endpoint.Addressing, EndpointFailure)])
    func refused(url: String, bucket: String, region: String, style: Endpoint.Addressing, failure: EndpointFailure) {
        #expect(throws: failure) { try Endpoint(url: url, bucket: bucket, region: region, addressing: style) }
    }

    @Test("S3-1: no text makes the endpoint reader trap, and none gets a line break into a request")
    func fuzz() {
        let pieces = [
            "http://", "https://", "[", "]", ":", "/", "a", ".", "1", "@", "?", "#", "::1", "\r\n", " ", "é", "-",
        ]
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let url = "http" + String(decoding: random.bytes(of: pieces, upTo: 8), as: UTF8.self)
            let bucket = String(decoding: random.bytes(of: pieces, upTo: 3), as: UTF8.self)
            let style = Endpoint.Addressing.allCases.randomElement(using: &random) ?? .auto
            guard let endpoint = try? Endpoint(url: url, bucket: bucket, region: "r", addressing: style) else {
                continue
            }
            let text = endpoint.hostHeader + endpoint.pathPrefix
            if !text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) { Issue.record("\(url) \(bucket)") }
        }
    }
}
