import Authentication
import ConfigSchema
import Crypto
import CryptoExtras
import Exchange
import FoundationEssentials
import HTTPWire
import NIOCore
import Network
import Settings
import Telemetry

extension Benchmark {
    static let authentication = [
        Benchmark(name: "token-hs256", title: "verify a token of 5 claims, HS256, not seen before") {
            try asking(algorithm: .hs256, remembered: 0)
        },
        Benchmark(name: "token-rs256", title: "the same, RS256 with 2,048 bits") {
            try asking(algorithm: .rs256, remembered: 0)
        },
        Benchmark(name: "token-es256", title: "the same, ES256") { try asking(algorithm: .es256, remembered: 0) },
        Benchmark(name: "token-repeated", title: "know a token that was verified before") {
            try asking(algorithm: .hs256, remembered: 1_000)
        },
        Benchmark(name: "token-found", title: "find the token in a request") {
            let source = TokenSource(TokenSourceSettings())
            let head = try request(token(Signer(.hs256), 0)).head
            return { _ in (try? source.token(in: head))??.readableBytes ?? 0 }
        },
        Benchmark(name: "claim-rules", title: "ask five claim rules") {
            let document = try JSONDocument(Array(claims(0).utf8))
            let rules = [
                rule("iss", .equals, .string("https://issuer.example.com")),
                rule("role", .in, .list([.string("reader")])),
                rule("level", .gte, .integer(3)), rule("groups", .contains, .string("photos")),
                rule("sub", .exists, nil),
            ]
            return { _ in rules.reduce(0) { $0 + ($1.holds(for: document) ? 1 : 0) } == 5 ? 1 : 0 }
        },
    ]

    private static func claims(_ number: Int) -> String {
        #"{"iss":"https://issuer.example.com","sub":"auth0|raven-\#(number)","exp":4102444800,"#
            + #""role":"reader","level":4,"groups":["birds","photos"]}"#
    }

    private static func rule(
        _ claim: String, _ comparison: ClaimRuleSettings.Operator, _ value: PlainValue?
    ) -> ClaimRule {
        var settings = ClaimRuleSettings()
        (settings.claim, settings.comparison, settings.value) = (claim, comparison, value)
        return ClaimRule(settings)
    }

    /// Sixteen readers with a token each, in turn.
    private static func asking(algorithm: JWTSettings.Algorithm, remembered: Int) throws -> Operation {
        let signer = try Signer(algorithm)
        var settings = JWTSettings()
        var key = JWTKeySettings()
        (key.id, key.algorithm, key.env) = ("bench", algorithm, "KEY")
        settings.keys = [key]
        let authenticator = Authenticator(
            settings, claims: [], keys: try KeyLoader(environment: ["KEY": signer.publicKey]).load(settings),
            keySet: nil, cacheLimit: remembered,
            loop: LoopContext(eventLoop: try ReactorGroup(threads: 1).loops[0], index: 0, seed: (1, 2, 3, 4)),
            metrics: TokenMetrics(registry: MetricRegistry(loops: 1), shard: 0)
        ) { 1_795_000_000 }
        let requests = try (0..<16).map { try request(token(signer, $0)) }
        return { number in
            guard let principal = try? authenticator.principal(of: requests[number & 15]) else { return 0 }
            return Int(truncatingIfNeeded: principal.identity.low | 1)
        }
    }

    private static func token(_ signer: Signer, _ number: Int) throws -> String {
        let head = encode(#"{"alg":"\#(signer.algorithm.rawValue)","typ":"JWT"}"#.utf8)
        let signed = head + "." + encode(claims(number).utf8)
        return signed + "." + encode(try signer.sign(Array(signed.utf8)))
    }

    private static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(Array(bytes)).base64EncodedString()
        return String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" })
    }

    private static func request(_ token: String) throws -> Request {
        var bytes = ByteBuffer(
            string: "GET /photos/raven.jpg HTTP/1.1\r\nHost: photos.example.com\r\nUser-Agent: curl/8.14.1\r\n"
                + "Accept: */*\r\nAuthorization: Bearer \(token)\r\n\r\n")
        var parser = RequestParser(limits: WireLimits())
        var head = RequestHead(in: bytes)
        guard try parser.parse(&bytes, into: &head) else { throw Failure.operationFailed("token") }
        return Request(
            head: head, id: RequestID(random: 1, 2), from: Client(peer: nil), received: .now(),
            deadline: .now() + .hours(1), body: nil, cancellation: Cancellation())
    }
}

/// Signs tokens of one algorithm, with a key of its own.
private struct Signer {
    let algorithm: JWTSettings.Algorithm
    /// The secret, or the public key in PEM.
    let publicKey: String
    let sign: ([UInt8]) throws -> [UInt8]

    init(_ algorithm: JWTSettings.Algorithm) throws {
        self.algorithm = algorithm
        switch algorithm {
        case .rs256:
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            publicKey = key.publicKey.pemRepresentation
            sign = { text in
                Array(
                    try key.signature(for: SHA256.hash(data: text), padding: .insecurePKCS1v1_5).rawRepresentation)
            }
        case .es256:
            let key = P256.Signing.PrivateKey()
            publicKey = key.publicKey.pemRepresentation
            sign = { Array(try key.signature(for: SHA256.hash(data: $0)).rawRepresentation) }
        default:
            let secret = "0123456789abcdef0123456789abcdef"
            publicKey = secret
            sign = { text in
                Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: Array(secret.utf8))))
            }
        }
    }
}
