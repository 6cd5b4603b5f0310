import ConfigSchema
import Exchange
import Settings
import Testing

@testable import Authentication

@Suite struct TokenTests {
    @Test(
        "RFC 4648 §5: base64url, one text for each sequence of bytes",
        arguments: [
            ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"), ("8J-YgA", "\u{1F600}"),
        ])
    func base64(text: String, value: String) {
        #expect(Base64URL.decode(text.utf8.span) == Array(value.utf8))
    }

    @Test(
        "RFC 7515 §2: padding, other alphabets, white space and stray bits are refused",
        arguments: [
            "Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v\n", " Zm9v", "Zm 9v", "+m9v", "Zm/v", "Zm9vZ", "Zm\u{e9}v", "Zm9\0",
        ])
    func notBase64(text: String) {
        #expect(Base64URL.decode(text.utf8.span) == nil)
    }

    @Test(
        "JWT-3: every algorithm, by PEM or secret from the environment",
        arguments: ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "EdDSA"])
    func algorithms(name: String) async throws {
        var settings = JWTSettings()
        settings.isEnabled = true
        var key = JWTKeySettings()
        key.id = "k"
        key.algorithm = try #require(JWTSettings.Algorithm(rawValue: name))
        key.env = "KEY"
        settings.keys = [key]
        let desk = try await Desk(settings, environment: ["KEY": name.hasPrefix("HS") ? Mint.secret : Mint.pem(name)])
        for kid in [nil, "k"] {
            let token = try Mint.token(#"{"sub":"alice"}"#, name, kid: kid)
            #expect(try await desk.bearer(token) == .success("alice"))
            #expect(try await desk.bearer(token) == .success("alice"), "remembered")
            let broken = String(token.dropLast(6)) + (token.hasSuffix("AAAAAA") ? "BAAAAA" : "AAAAAA")
            #expect(try await desk.bearer(broken) != .success("alice"))
        }
        let stranger = try Mint.token(#"{"sub":"alice"}"#, name, kid: "other")
        #expect(try await desk.bearer(stranger) == .failure(.invalid(.unknownKey)))
        try await desk.end()
    }

    @Test(
        "JWT-4: the configured algorithm alone counts",
        arguments: ["HS384", "HS512", "RS256", "ES256", "EdDSA", "none", "None", "NONE", "nOnE", "hs256", "HS256 ", ""])
    func pinned(name: String) async throws {
        let desk = try await Desk(.hs256())
        for token in [
            try Mint.token(#"{"sub":"eve"}"#, name), Mint.hs256(#"{"sub":"eve"}"#, head: #"{"alg":"\#(name)"}"#),
            Mint.encode(#"{"alg":"\#(name)"}"#.utf8) + "." + Mint.encode(#"{"sub":"eve"}"#.utf8) + ".",
        ] {
            #expect(try await desk.bearer(token) == .failure(.invalid(.algorithmNotAllowed)))
        }
        try await desk.end()
    }

    @Test("JWT-3: of many keys without a `kid` to choose by, a few are tried")
    func fewTried() throws {
        let keys = try (0..<20).map { number in
            KeyRing.Entry(
                id: nil, key: try VerificationKey(secret: Array("secret \(number)".utf8), for: .hs256))
        }
        for number in 0..<20 {
            let token = Array(Mint.hs256("{}", secret: "secret \(number)").utf8)
            let parts = try CompactToken(token.span)
            let signature = Base64URL.decode(token.span.extracting(parts.signature)) ?? []
            let head = try TokenHead(token.span.extracting(parts.head))
            let isGood = KeyRing(keys).verifies(signature, of: token.span.extracting(parts.signed), head)
            #expect(isGood == (number < KeyRing.triedAtMost))
        }
    }

    @Test("JWT-8: a long token is good, and not remembered")
    func long() async throws {
        let desk = try await Desk(.hs256())
        let token = Mint.hs256(#"{"sub":"a","x":"\#(String(repeating: "x", count: 4_000))"}"#)
        for _ in 0..<2 { #expect(try await desk.bearer(token) == .success("a")) }
        #expect(desk.cacheCounts == [0, 2])
        try await desk.end()
    }

    @Test("JWT-4: a public key is no secret")
    func confusion() async throws {
        var settings = JWTSettings()
        settings.isEnabled = true
        var key = JWTKeySettings()
        key.id = "k"
        key.algorithm = .rs256
        key.env = "KEY"
        settings.keys = [key]
        let desk = try await Desk(settings, environment: ["KEY": Mint.pem("RS256")])
        let token = Mint.hs256(#"{"sub":"eve"}"#, secret: Mint.pem("RS256"))
        #expect(try await desk.bearer(token) == .failure(.invalid(.algorithmNotAllowed)))
        let renamed = Mint.hs256(#"{"sub":"eve"}"#, head: #"{"alg":"RS256"}"#, secret: Mint.pem("RS256"))
        #expect(try await desk.bearer(renamed) == .failure(.invalid(.badSignature)))
        try await desk.end()
    }

    @Test(
        "RFC 7515 §4.1: heads that are refused",
        arguments: [
            #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","kid":1}"#,
            #"{"alg":"HS256","b64":false}"#, #"{"alg":"HS256","b64":true}"#,
            #"{"alg":"HS256","kid":null}"#, #"{"alg":["HS256"]}"#, #"{"typ":"JWT"}"#, #"["HS256"]"#, #""HS256""#, "",
            #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"none","\u0061lg":"HS256"}"#, #"{"alg":"HS256"}x"#, "{",
        ])
    func heads(head: String) async throws {
        let desk = try await Desk(.hs256())
        guard case .failure(.invalid) = try await desk.bearer(Mint.hs256(#"{"sub":"eve"}"#, head: head)) else {
            Issue.record("accepted")
            return
        }
        try await desk.end()
    }

    @Test(
        "RFC 8725 §3.10: a token cannot bring or name its own key",
        arguments: [#""jku":"http://127.0.0.1:1/""#, #""x5u":"http://127.0.0.1:1/""#, #""jwk":{"kty":"oct","k":"QQ"}"#])
    func ownKeys(member: String) async throws {
        let desk = try await Desk(.hs256())
        let head = #"{"alg":"HS256",\#(member)}"#
        #expect(try await desk.bearer(Mint.hs256(#"{"sub":"a"}"#, head: head)) == .success("a"), "ignored")
        let forged = Mint.hs256(#"{"sub":"eve"}"#, head: head, secret: "A")
        #expect(try await desk.bearer(forged) == .failure(.invalid(.badSignature)))
        try await desk.end()
    }

    @Test("RFC 7515 §3.1: three parts, and a signature in full")
    func parts() async throws {
        let desk = try await Desk(.hs256())
        let good = Mint.hs256(#"{"sub":"a"}"#)
        for token in [".", "..", "a.b", "a.b.c.d", "a.b.c.d.e", good + ".", "." + good, "a..c"] {
            #expect(try await desk.bearer(token) != .success("a"), "\(token)")
        }
        let parts = good.split(separator: ".")
        for signature in ["", String(parts[2].dropLast()), parts[2] + "A", parts[2] + "=", parts[2] + "AAAA"] {
            let failure = try await desk.bearer("\(parts[0]).\(parts[1]).\(signature)")
            #expect(failure == .failure(.invalid(.badSignature)) || failure == .failure(.invalid(.badEncoding)))
        }
        try await desk.end()
    }
}
