import Authorization
import Exchange
import NIOCore
import Settings

extension Benchmark {
    static let authorization = [
        Benchmark(name: "decision-opa", title: "find a decision of OPA that is kept") {
            guard let url = EndpointURL("http://127.0.0.1:8181") else { throw Failure.operationFailed("decision-opa") }
            let dialect = OPADialect(url: url, policyPath: "yatagarasu/authz", bucket: "photos")
            var scratch: [UInt8] = []
            return try finding { question in
                scratch.removeAll(keepingCapacity: true)
                dialect.writeKey(of: question, to: &scratch)
                return DecisionKey(scratch)
            }
        },
        Benchmark(name: "decision-openfga", title: "find a decision of OpenFGA that is kept") {
            guard let url = EndpointURL("http://127.0.0.1:8080") else {
                throw Failure.operationFailed("decision-openfga")
            }
            let dialect = OpenFGADialect(endpoint: url, store: "01HSTORE", names: OpenFGASettings(), bucket: "photos")
            var scratch: [UInt8] = []
            return try finding { question in
                scratch.removeAll(keepingCapacity: true)
                guard (try? dialect.writeTuple(of: question, to: &scratch)) != nil else { return nil }
                return DecisionKey(scratch)
            }
        },
    ]

    /// Sixteen objects that one reader asks for over and over.
    private static func finding(key: @escaping (AccessQuestion) -> DecisionKey?) throws -> Operation {
        let table = DecisionTable(capacity: 10_000, allowFor: .hours(1), denyFor: .hours(1))
        let claims = #"{"iss":"https://issuer.example.com","sub":"auth0|raven-42","aud":"photos","exp":4102444800}"#
        let principal = Principal(
            claims: try JSONDocument(Array(claims.utf8)), identity: .init(high: 0x2026_1121, low: 0x1147_2205))
        let client = ByteBuffer(string: "192.0.2.147")
        let paths = (0..<16).map { Array("/photos/2026/\($0 % 12 + 1)/raven-\($0 * 7_919).jpg".utf8) }
        let now = NIODeadline.now()
        return { number in
            let question = AccessQuestion(
                principal: principal, method: .get, path: paths[number & 15], keyStart: 8, client: client)
            guard let key = key(question) else { return 0 }
            switch table.find(key, at: now) {
            case .known(let decision): return decision == .allow ? 1 : 0
            case .theirs: return 0
            case .ours(let open):
                table.settle(open, key, .allow, at: now)
                return 1
            }
        }
    }
}
