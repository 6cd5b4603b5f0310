import Exchange
import NIOCore
import S3

extension Benchmark {
    static let signing = [
        Benchmark(name: "sign-get", title: "sign and write a GET to the origin") {
            let source: any CredentialsSource = StaticCredentials(
                .credentials(
                    try Credentials(
                        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")))
            let encoder = ObjectRequestEncoder(
                endpoint: try Endpoint(bucket: "raven-photos-production", region: "eu-central-1"))
            let paths = (0..<16).map { Array("/photos/2026/\($0 % 12 + 1)/a flight of ravens-\($0 * 7_919).jpg".utf8) }
            guard let identity = source.current else { throw Failure.operationFailed("sign-get") }
            encoder.identity = identity
            let generation = source.generation
            let fields = ByteBuffer(string: "Range: bytes=0-1048575\r\n")
            var head = ByteBuffer()
            return { number in
                guard source.generation == generation else { return 0 }
                let path = paths[number & 15]
                head.clear(minimumCapacity: 1024)
                encoder.encode(
                    .get, key: path.span.extracting(8...), time: 1_795_250_922,
                    id: RequestID(random: 0x2026_1121, UInt64(number)), fields: fields, to: &head)
                return head.readableBytes
            }
        }
    ]
}
