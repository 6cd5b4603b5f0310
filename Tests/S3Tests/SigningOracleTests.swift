import NIOCore
import S3
import Testing

/// The main proof of S3-1: thousands of random requests, made by botocore and by us, must be equal to the byte.
@Suite("Signing against botocore")
struct SigningOracleTests {
    private static let script =
        #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/botocore_oracle.py"

    private func cases(seed: Int, objects: Int, requests: Int) throws -> [OracleLine] {
        try lines(of: "python3 '\(Self.script)' \(seed) \(objects) \(requests)").map(OracleLine.init)
    }

    @Test("S3-1: object requests are those of a botocore client: target, Host and signature", arguments: [1, 2])
    func objects(seed: Int) throws {
        let cases = try cases(seed: seed, objects: 1_200, requests: 0)
        #expect(cases.count == 1_200)
        var encoders: [Endpoint: ObjectRequestEncoder] = [:]
        for var line in cases {
            let url = try line.text()
            let style = try line.text()
            let region = try line.text()
            let bucket = try line.text()
            let endpoint = try Endpoint(
                url: url.isEmpty ? nil : url, bucket: bucket, region: region,
                addressing: try #require(Endpoint.Addressing(rawValue: style)))
            let credentials = try credentials(&line)
            let time = try #require(Int64(try line.text()))
            let method = try line.text()
            let key = try line.bytes()
            let query = try objectQuery(names: try line.list(), values: try line.list())
            let encoder = encoders[endpoint] ?? ObjectRequestEncoder(endpoint: endpoint)
            encoders[endpoint] = encoder
            var out = ByteBuffer()
            encoder.identity = .credentials(credentials)
            encoder.encode(
                method == "HEAD" ? .head : .get, key: key.span, query: query, time: time, to: &out)
            let head = WireHead(out)
            let target = try line.text()
            let host = try line.text()
            let authorization = try line.text()
            let isEqual =
                head.method == method && head.target == target && head.value("host") == host
                && head.value("authorization") == authorization && head.strayLines == 0
                && head.value("x-amz-security-token") == credentials.sessionToken
            if !isEqual { Issue.record("\(head) is not \(method) \(target) \(host) \(authorization)") }
        }
    }

    @Test("S3-1: requests of any shape get the signature of botocore's S3SigV4Auth", arguments: [3, 4])
    func requests(seed: Int) throws {
        let cases = try cases(seed: seed, objects: 0, requests: 1_500)
        #expect(cases.count == 1_500)
        for var line in cases {
            let signer = RequestSigner(region: try line.text())
            let credentials = try credentials(&line)
            let time = try #require(Int64(try line.text()))
            var request = SignableRequest(method: try line.text(), path: try line.bytes())
            request.query = zip(try line.list(), try line.list()).map { .init(name: $0, value: $1) }
            request.fields = zip(try line.list(), try line.list()).map { name, value in
                .init(String(decoding: name, as: UTF8.self), value)
            }
            request.payloadHash = try line.text()
            signer.sign(&request, as: credentials, time: time)
            let expected = try line.bytes()
            if request.fields.last?.value != expected { Issue.record("\(request)") }
        }
    }

    private func credentials(_ line: inout OracleLine) throws -> Credentials {
        try Credentials(accessKey: try line.text(), secretKey: try line.text(), sessionToken: try line.text())
    }

    /// The query as a client could have sent it: every byte escaped, the names in the other order.
    private func objectQuery(names: [[UInt8]], values: [[UInt8]]) throws -> ObjectQuery {
        let pairs = zip(names, values).reversed().map { "\(escaped($0))=\(escaped($1))" }
        return try ObjectQuery.parse(pairs.joined(separator: "&").utf8.span, allowsOverrides: true)
    }

    private func escaped(_ bytes: [UInt8]) -> String {
        bytes.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
