import ConfigSchema
import Exchange
import NIOCore
import Settings
import Testing

@testable import Authentication

@Suite struct ClaimTests {
    /// The desk's clock stands at 1,000,000.
    @Test(
        "JWT-5: times, with a leeway of 60 s",
        arguments: [
            (#"{"sub":"a","exp":1000001}"#, Result<String?, AuthenticationFailure>.success("a")),
            (#"{"sub":"a","exp":999941}"#, .success("a")), (#"{"sub":"a","exp":999940.5}"#, .success("a")),
            (#"{"sub":"a","exp":999940}"#, .failure(.expired)), (#"{"sub":"a","exp":0}"#, .failure(.expired)),
            (#"{"sub":"a","exp":-1}"#, .failure(.expired)), (#"{"sub":"a","exp":1e300}"#, .success("a")),
            (#"{"sub":"a","exp":1e400}"#, .failure(.invalid(.badTime))),
            (#"{"sub":"a","exp":"1000001"}"#, .failure(.invalid(.badTime))),
            (#"{"sub":"a","exp":null}"#, .failure(.invalid(.badTime))),
            (#"{"sub":"a","exp":[1000001]}"#, .failure(.invalid(.badTime))),
            (#"{"sub":"a","nbf":1000060}"#, .success("a")),
            (#"{"sub":"a","nbf":1000061}"#, .failure(.invalid(.notYetValid))),
            (#"{"sub":"a","nbf":"0"}"#, .failure(.invalid(.badTime))),
            (#"{"sub":"a","iat":true}"#, .failure(.invalid(.badTime))), (#"{"sub":"a"}"#, .success("a")),
        ])
    func times(claims: String, outcome: Result<String?, AuthenticationFailure>) async throws {
        let desk = try await Desk(.hs256())
        #expect(try await desk.bearer(Mint.hs256(claims)) == outcome)
        try await desk.end()
    }

    @Test("JWT-8: a remembered token is good no longer than by itself")
    func remembered() async throws {
        let desk = try await Desk(.hs256 { $0.leeway = .zero })
        let token = Mint.hs256(#"{"sub":"a","nbf":1000000,"exp":1000010}"#)
        #expect(try await desk.bearer(token) == .success("a"))
        desk.now = 1_000_009
        #expect(try await desk.bearer(token) == .success("a"))
        #expect(desk.cacheCounts == [1, 1])
        desk.now = 1_000_010
        #expect(try await desk.bearer(token) == .failure(.expired))
        #expect(try await desk.bearer(token) == .failure(.expired))
        desk.now = 999_999
        #expect(try await desk.bearer(token) == .failure(.invalid(.notYetValid)))
        try await desk.end()
    }

    @Test("JWT-8: what is remembered is bounded, and what is in use stays")
    func bounded() {
        var cache = TokenCache<Int>(limit: 100)
        let steady = ByteBuffer(string: "steady")
        cache.insert(-1, for: steady)
        for number in 0..<10_000 {
            cache.insert(number, for: ByteBuffer(string: "token \(number)"))
            #expect(cache.count <= 100)
            #expect(cache.value(of: steady) == -1)
        }
        #expect(cache.value(of: ByteBuffer(string: "token 9999")) == 9_999)
        #expect(cache.value(of: ByteBuffer(string: "token 1")) == nil)
        var none = TokenCache<Int>(limit: 0)
        none.insert(1, for: steady)
        #expect(none.count == 0)
    }

    @Test(
        "JWT-5: issuer and audience",
        arguments: [
            (#"{"iss":"i","aud":"b"}"#, true), (#"{"iss":"i","aud":["x","a"]}"#, true),
            (#"{"iss":"i","aud":["x"]}"#, false), (#"{"iss":"i","aud":"c"}"#, false), (#"{"iss":"i"}"#, false),
            (#"{"iss":"i","aud":[]}"#, false), (#"{"iss":"i","aud":{"a":"a"}}"#, false),
            (#"{"iss":"I","aud":"a"}"#, false),
            (#"{"iss":["i"],"aud":"a"}"#, false), (#"{"aud":"a"}"#, false), (#"{"iss":null,"aud":"a"}"#, false),
        ])
    func issuer(claims: String, isGood: Bool) async throws {
        let desk = try await Desk(
            .hs256 {
                $0.issuer = "i"; $0.audience = ["a", "b"]
            })
        let outcome = try await desk.bearer(Mint.hs256(claims))
        #expect((outcome == .success("")) == isGood)
        try await desk.end()
    }

    @Test(
        "JWT-5: claims that are no claims are refused",
        arguments: [
            "[]", "\"a\"", "1", "null", "", "{", #"{"sub":"a","sub":"b"}"#, #"{"sub":"a","\u0073ub":"b"}"#, "{}{}",
            String(repeating: "[", count: 10_000), #"{"a":"# + String(repeating: "[", count: 10_000),
            "{\"a\":\"\\ud800\"}",
        ])
    func malformed(claims: String) async throws {
        let desk = try await Desk(.hs256())
        guard case .failure(.invalid) = try await desk.bearer(Mint.hs256(claims)) else {
            Issue.record("accepted")
            return
        }
        try await desk.end()
    }

    @Test(
        "JWT-7: claim rules",
        arguments: [
            ("role", .equals, .string("reader"), true), ("role", .equals, .string("Reader"), false),
            ("level", .equals, .integer(3), true), ("level", .equals, .string("3"), false),
            ("level", .equals, .fraction(3.0), true), ("ok", .equals, .boolean(true), true),
            ("ok", .equals, .string("true"), false), ("tags", .equals, .list([.string("a"), .string("b")]), true),
            ("none", .equals, .string("x"), false), ("null", .equals, .string(""), false),
            ("role", .notEquals, .string("guest"), true), ("role", .notEquals, .string("reader"), false),
            ("none", .notEquals, .string("x"), true), ("role", .in, .list([.string("x"), .string("reader")]), true),
            ("role", .in, .list([.string("x")]), false), ("tags", .in, .list([.string("b")]), true),
            ("tags", .contains, .string("b"), true), ("tags", .contains, .string("c"), false),
            ("tags", .contains, .list([.string("a"), .string("b")]), true),
            ("tags", .contains, .list([.string("a"), .string("c")]), false),
            ("role", .contains, .string("ead"), true), ("role", .contains, .string("x"), false),
            ("level", .contains, .integer(3), false), ("level", .gt, .integer(2), true),
            ("level", .gt, .integer(3), false),
            ("level", .gte, .integer(3), true), ("level", .gte, .fraction(3.5), false),
            ("level", .lt, .integer(4), true),
            ("level", .lt, .integer(3), false), ("level", .lte, .integer(3), true), ("role", .gt, .integer(0), false),
            ("none", .lt, .integer(5), false), ("role", .exists, nil, true), ("none", .exists, nil, false),
            ("null", .exists, nil, true), ("none", .notExists, nil, true), ("role", .notExists, nil, false),
            ("realm.roles", .contains, .string("r1"), true), ("realm.deep.x", .equals, .integer(1), true),
            ("realm.none.x", .exists, nil, false), ("realm.roles.x", .exists, nil, false),
            ("https://a.example/roles", .contains, .string("w"), true),
            ("dotted.name", .equals, .string("whole"), true),
        ] as [(String, ClaimRuleSettings.Operator, PlainValue?, Bool)])
    func rules(claim: String, comparison: ClaimRuleSettings.Operator, value: PlainValue?, holds: Bool) throws {
        let text = #"""
            {"role":"reader","level":3,"ok":true,"tags":["a","b"],"null":null,"realm":{"roles":["r1"],"deep":{"x":1}},
            "https://a.example/roles":["w"],"dotted.name":"whole","dotted":{"name":"part"}}
            """#
        var settings = ClaimRuleSettings()
        settings.claim = claim
        settings.comparison = comparison
        settings.value = value
        let claims = try JSONDocument(Array(text.utf8))
        #expect(ClaimRule(settings).holds(for: claims) == holds)
    }

    @Test("JWT-7: all rules are looked at, and a good token without the claims is no bad token")
    func broken() async throws {
        let rules = ["a", "b", "c"].map { name in
            var rule = ClaimRuleSettings()
            rule.claim = name
            rule.comparison = .exists
            return rule
        }
        let desk = try await Desk(.hs256 { $0.claims = rules })
        let token = Mint.hs256(#"{"sub":"bob","b":1}"#)
        for _ in 0..<2 {
            #expect(
                try await desk.bearer(token)
                    == .failure(.claims(["a", "c"], user: ByteBuffer(string: "bob"))))
        }
        try await desk.end()
    }

    @Test(
        "JWT-2: sources in their order",
        arguments: [
            ("", nil, Result<String?, AuthenticationFailure>.failure(.missing)),
            ("Authorization: Basic YTpi", nil, .failure(.missing)), ("Authorization: Bearer ", nil, .failure(.missing)),
            ("authorization: bEARER A", nil, .success("a")), ("Authorization: Bearer   A", nil, .success("a")),
            ("X-Auth-Token: Token B", nil, .success("b")), ("x-auth-token: Token B", nil, .success("b")),
            ("X-Auth-Token: B", nil, .failure(.missing)), ("", "x=1&to%6ben=C", .success("c")),
            ("", "token=", .failure(.missing)),
            ("", "Token=C", .failure(.missing)),
            ("Authorization: Bearer A\nX-Auth-Token: Token B", "token=C", .success("a")),
            ("X-Auth-Token: Token B", "token=C", .success("b")),
            ("Authorization: Bearer junk\nX-Auth-Token: Token B", nil, .failure(.invalid(.notThreeParts))),
            ("Authorization: Bearer A\nAuthorization: Bearer A", nil, .failure(.invalid(.givenTwice))),
            ("X-Auth-Token: Token B\nX-Auth-Token: Token B", nil, .failure(.invalid(.givenTwice))),
            ("", "token=C&token=x", .failure(.invalid(.givenTwice))),
            ("", "token=%zz", .failure(.invalid(.badEncoding))), ("", "token=C%20", .failure(.invalid(.badEncoding))),
        ] as [(String, String?, Result<String?, AuthenticationFailure>)])
    func sources(lines: String, query: String?, outcome: Result<String?, AuthenticationFailure>) async throws {
        var header = TokenSourceSettings()
        header.kind = .header
        header.name = "X-Auth-Token"
        header.prefix = "Token "
        var parameter = TokenSourceSettings()
        parameter.kind = .query
        parameter.name = "token"
        let sources = [TokenSourceSettings(), header, parameter]
        let desk = try await Desk(.hs256 { $0.tokenSources = sources })
        func filled(_ text: String) -> String {
            var text = text
            for (mark, name) in [("A", "a"), ("B", "b"), ("C", "c")] {
                let token = Mint.hs256(#"{"sub":"\#(name)"}"#)
                for place in [" ", "="] {
                    if text.hasSuffix(place + mark) { text = text.dropLast() + token }
                    if let end = text.firstRange(of: place + mark + "\n") ?? text.firstRange(of: place + mark + "%") {
                        let last = text[end].last.map(String.init) ?? ""
                        text.replaceSubrange(end, with: place + token + last)
                    }
                }
            }
            return text
        }
        #expect(try await desk.ask(filled(lines), query: query.map(filled)) == outcome)
        try await desk.end()
    }
}
