import ConfigSchema
import Exchange
import NIOCore
import Settings
import Testing

@testable import Authorization

/// What goes over the wire, byte for byte.
@Suite("Questions, byte for byte")
struct DialectTests {
    private static func question(
        _ path: [UInt8], keyStart: Int = 3, claims: String = #"{"sub":"alice"}"#, method: Exchange.Method = .get,
        client: String = "192.0.2.1"
    ) throws -> AccessQuestion {
        AccessQuestion(
            principal: try Bench.principal(claims), method: method, path: path, keyStart: keyStart,
            client: ByteBuffer(string: client))
    }

    // MARK: OPA

    private static func opa(_ url: String = "http://127.0.0.1:8181", bucket: String = "photos") throws -> OPADialect {
        OPADialect(url: try #require(EndpointURL(url)), policyPath: "app/authz", bucket: bucket)
    }

    @Test("OPA-1: the whole request, with the claims as the issuer wrote them")
    func opaRequest() throws {
        let claims = "{\"sub\" : \"alice\",\n \"n\":1.50e1, \"r\":{\"a\":[\"\\u00e9\",null]}}"
        let request = try Self.opa().encode(try Self.question(Array("/p/a b/é.jpg".utf8), claims: claims))
        let body =
            "{\"input\":{\"jwt_claims\":\(claims),\"bucket\":\"photos\",\"path\":\"/p/a b/é.jpg\",\"method\":\"GET\","
            + "\"client_ip\":\"192.0.2.1\"}}"
        #expect(
            request.map { String(buffer: $0) } == """
                POST /v1/data/app/authz HTTP/1.1\r
                Host: 127.0.0.1:8181\r
                Content-Type: application/json\r
                Accept: application/json\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """)
    }

    @Test(
        "OPA-1: whatever a path holds stays one JSON string",
        arguments: [
            ("\"},\"path\":\"/x", #"\"},\"path\":\"/x"#), ("\\", #"\\"#), ("\u{0}\u{1}\u{1F}", #"\u0000\u0001\u001F"#),
            ("\n\r\t", #"\u000A\u000D\u0009"#), ("\u{7F}\u{2028}😀/", "\u{7F}\u{2028}😀/"), ("", ""),
        ])
    func opaEscapes(text: String, escaped: String) throws {
        let request = try #require(
            try Self.opa(bucket: text).encode(
                try Self.question(Array("/p/\(text)".utf8), method: .head, client: text)))
        let whole = String(buffer: request)
        #expect(
            whole.hasSuffix(
                #","bucket":"\#(escaped)","path":"/p/\#(escaped)","method":"HEAD","client_ip":"\#(escaped)"}}"#))
        let body = try #require(whole.firstRange(of: "\r\n\r\n")).upperBound
        let document = try JSONDocument(Array(whole[body...].utf8))
        #expect(document.root["input"]?["path"]?.string == Array("/p/\(text)".utf8))
    }

    @Test(
        "OPA-1: a path that is not UTF-8 cannot be asked about",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE9], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func opaNotUTF8(bytes: [UInt8]) async throws {
        #expect(try Self.opa().encode(try Self.question(Array("/p/".utf8) + bytes)) == nil)
    }

    @Test(
        "OPA-1: the host is named as it is configured",
        arguments: [
            ("http://opa", "opa"), ("https://opa:443", "opa:443"), ("http://[::1]:8181", "[::1]:8181"),
            ("http://OPA.example/", "opa.example"),
        ])
    func opaHost(url: String, host: String) throws {
        let request = try Self.opa(url).encode(try Self.question(Array("/p/a".utf8)))
        #expect(request.map { String(buffer: $0).contains("\r\nHost: \(host)\r\n") } == true)
    }

    @Test("OPA-1: what a policy may answer")
    func opaAnswers() throws {
        let no = Decision.deny(reason: "the policy says no")
        let long = String(repeating: "é", count: 200)
        let expected: [(String, Decision?)] = [
            (#"{"result":true}"#, .allow), (#"{"result":false}"#, no),
            (#"{"decision_id":"x","result":{"allow":true,"reason":"because"}}"#, .allow),
            (#"{"result":{"allow":true}}"#, .allow), (#"{"result":{"allow":false}}"#, no),
            (#"{"result":{"reason":"no \u0022key\u0022","allow":false}}"#, .deny(reason: "no \"key\"")),
            // A clear no stays one, whatever the policy says for a reason.
            (#"{"result":{"allow":false,"reason":["a","b"]}}"#, no), (#"{"result":{"allow":false,"reason":null}}"#, no),
            (#"{"result":{"allow":false,"reason":""}}"#, no),
            (#"{"result":{"allow":false,"reason":"\#(long)"}}"#, .deny(reason: String(long.prefix(128)))),
            (#"{"result":{}}"#, nil), ("{}", nil),
        ]
        for (answer, decision) in expected {
            #expect(OPADialect.decision(in: try JSONDocument(Array(answer.utf8))) == decision, "\(answer)")
        }
    }

    // MARK: OpenFGA

    private static func openFGA(
        bucket: String = "photos", _ change: (inout OpenFGASettings) -> Void = { _ in }
    ) throws -> OpenFGADialect {
        var settings = OpenFGASettings()
        change(&settings)
        return OpenFGADialect(
            endpoint: try #require(EndpointURL("http://fga:8080")), store: "01HSTORE", names: settings, bucket: bucket)
    }

    private static func tuple(
        _ dialect: OpenFGADialect, _ question: AccessQuestion
    ) throws -> (bytes: [UInt8], user: String, object: String, start: Int) {
        var tuple: [UInt8] = []
        let start = try dialect.writeTuple(of: question, to: &tuple)
        return (
            tuple, String(decoding: tuple[..<(start - 1)], as: UTF8.self),
            String(decoding: tuple[start...], as: UTF8.self), start
        )
    }

    @Test("FGA-1: the whole request, with token and model where they are configured")
    func openFGARequest() throws {
        let question = try Self.question(Array("/p/a/\"b\".jpg".utf8))
        for (isFull, lines, end) in [
            (false, "", ""),
            (true, "Authorization: Bearer t0k3n\r\n", #","authorization_model_id":"01HMODEL""#),
        ] {
            let dialect = try Self.openFGA { settings in
                guard isFull else { return }
                settings.apiToken = Secret("t0k3n")
                settings.authorizationModelID = "01HMODEL"
            }
            let found = try Self.tuple(dialect, question)
            let body =
                #"{"tuple_key":{"user":"user:alice","relation":"viewer","object":"file:photos/a/\"b\".jpg"}\#(end)}"#
            #expect(
                dialect.encode(found.bytes, objectStart: found.start).map { String(buffer: $0) } == """
                    POST /stores/01HSTORE/check HTTP/1.1\r
                    Host: fga:8080\r
                    \(lines)Content-Type: application/json\r
                    Accept: application/json\r
                    Content-Length: \(body.utf8.count)\r
                    \r
                    \(body)
                    """)
        }
    }

    @Test(
        "FGA-1: an object's one name",
        arguments: [
            ("a/b.jpg", "file:photos/a/b.jpg"), ("a/b/", "folder:photos/a/b/"), ("/", "folder:photos//"),
            ("a b", "file:photos/a%20b"), ("a%20b", "file:photos/a%2520b"), ("a#viewer", "file:photos/a%23viewer"),
            ("x:y", "file:photos/x%3Ay"), ("*", "file:photos/%2A"), ("\u{0}\u{1F}\u{7F}", "file:photos/%00%1F%7F"),
            ("é/@?&=+", "file:photos/é/@?&=+"), ("A", "file:photos/A"),
        ])
    func objects(key: String, object: String) throws {
        let found = try Self.tuple(try Self.openFGA(), try Self.question(Array("/p/\(key)".utf8)))
        #expect(found.object == object && found.user == "user:alice")
    }

    @Test("FGA-1: types, relation and the bucket's own name")
    func names() throws {
        let dialect = try Self.openFGA(bucket: "a/b: c") { settings in
            (settings.userType, settings.relation) = ("person", "reader")
            (settings.objectType, settings.folderType) = ("object", "prefix")
        }
        let file = try Self.tuple(dialect, try Self.question(Array("/p/k".utf8)))
        #expect(file.user == "person:alice" && file.object == "object:a%2Fb%3A%20c/k")
        #expect(try Self.tuple(dialect, try Self.question(Array("/p/k/".utf8))).object == "prefix:a%2Fb%3A%20c/k/")
        let request = dialect.encode(file.bytes, objectStart: file.start).map { String(buffer: $0) }
        #expect(request?.contains(#""relation":"reader""#) == true)
    }

    @Test(
        "FGA-1: the user that a claim names",
        arguments: [
            ("sub", #"{"sub":"alice"}"#, "user:alice"), ("sub", #"{"sub":"*"}"#, "user:%2A"),
            ("sub", #"{"sub":"user:bob"}"#, "user:user%3Abob"), ("sub", #"{"sub":"a#b c%"}"#, "user:a%23b%20c%25"),
            ("sub", #"{"sub":"a\nb\"\\"}"#, "user:a%0Ab\"\\"), ("sub", #"{"sub":"\u00e9"}"#, "user:é"),
            ("uid", #"{"uid":42}"#, "user:42"), ("uid", #"{"sub":"x","uid":-7}"#, "user:-7"),
            ("https://a.example/id", #"{"https://a.example/id":"x"}"#, "user:x"),
            ("account.id", #"{"sub":"x","account":{"id":"acme|1"}}"#, "user:acme|1"),
            ("a.b.c", #"{"a":{"b":{"c":12345678901234567890}}}"#, "user:12345678901234567890"),
        ])
    func users(claim: String, claims: String, user: String) throws {
        let dialect = try Self.openFGA { $0.userClaim = claim }
        #expect(try Self.tuple(dialect, try Self.question(Array("/p/k".utf8), claims: claims)).user == user)
    }

    @Test(
        "FGA-1: a token that names no user",
        arguments: [
            ("sub", "{}"), ("sub", #"{"sub":""}"#), ("sub", #"{"sub":null}"#), ("sub", #"{"sub":true}"#),
            ("sub", #"{"sub":["alice"]}"#), ("sub", #"{"sub":{"id":"alice"}}"#), ("sub", #"{"sub":1.5}"#),
            ("sub", #"{"sub":1e3}"#), ("a.b", #"{"sub":"alice","a":"b"}"#), ("a.b", #"{"a.c":"x","a":{"c":1}}"#),
            ("sub", #"{"sub":42}"#), ("a..b", #"{"a":{"b":"x"}}"#),
        ])
    func nobody(claim: String, claims: String) throws {
        let dialect = try Self.openFGA { $0.userClaim = claim }
        #expect(throws: TupleFailure.noUser) {
            try Self.tuple(dialect, try Self.question(Array("/p/k".utf8), claims: claims))
        }
    }

    @Test("FGA-1: names have OpenFGA's longest length, and no byte more")
    func longest() throws {
        let dialect = try Self.openFGA()
        let room = 256 - "file:photos/".utf8.count
        let key = String(repeating: "k", count: room)
        #expect(try Self.tuple(dialect, try Self.question(Array("/p/\(key)".utf8))).object.utf8.count == 256)
        for long in [key + "k", key.dropLast(2) + "*"] {
            #expect(throws: TupleFailure.objectTooLong) {
                try Self.tuple(dialect, try Self.question(Array("/p/\(long)".utf8)))
            }
        }
        for (count, isTaken) in [(507, true), (508, false)] {
            let question = try Self.question(
                Array("/p/k".utf8), claims: #"{"sub":"\#(String(repeating: "u", count: count))"}"#)
            #expect(((try? Self.tuple(dialect, question)) != nil) == isTaken)
        }
    }

    @Test("FGA-1: a key that is not UTF-8 cannot be asked about")
    func notUTF8() throws {
        let dialect = try Self.openFGA()
        let found = try Self.tuple(dialect, try Self.question(Array("/p/".utf8) + [0xFF]))
        #expect(dialect.encode(found.bytes, objectStart: found.start) == nil)
    }

    @Test("What cannot be asked is refused, and nobody is asked", arguments: Kind.allCases)
    func refusedAtOnce(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [Say.json(kind.allow)] }) { bench, provider in
            if kind == .openFGA {
                #expect(await bench.decide(user: "") == .deny(reason: "the token has no claim that names a user"))
                let long = String(repeating: "k", count: 300)
                #expect(await bench.decide(long) == .deny(reason: "the object's name is longer than OpenFGA takes"))
            }
            for _ in 0..<2 {
                #expect(await bench.decide(path: Array("/p/".utf8) + [0xFF]) == .deny(reason: "the path is not UTF-8"))
            }
            #expect(provider.requests.isEmpty && bench.errors == 0)
        }
    }
}
