import ConfigSchema
import Crypto
import Exchange
import NIOCore
import Network
import Settings
import Synchronization
import Testing

@testable import Authentication

@Suite struct KeySetTests {
    private static let rsa = #"{"kty":"RSA","use":"sig","alg":"RS256","kid":"a","n":"\#(modulus)","e":"AQAB"}"#
    private static let modulus = Mint.encode([0xC0] + [UInt8](repeating: 0x5A, count: 254) + [0x01])

    private static func entries(_ keys: String, _ algorithm: JWTSettings.Algorithm = .rs256) throws -> [String?] {
        try KeySetDocument.read(Array(#"{"keys":[\#(keys)]}"#.utf8), for: algorithm)
            .map { $0.id.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test("JWT-6: keys for the algorithm are taken, all others passed over")
    func keys() throws {
        #expect(try Self.entries(Self.rsa) == ["a"])
        #expect(try Self.entries(Self.rsa.replacing(#","kid":"a""#, with: "")) == [nil])
        #expect(try Self.entries("") == [])
        for (old, new) in [
            ("RS256", "RS512"), ("\"sig\"", "\"enc\""), ("RSA", "oct"), (Self.modulus, "AQAB"), ("\"a\"", "1"),
            ("AQAB", "!"), ("\"use\"", "\"key_ops\":[\"sign\"],\"use\""),
        ] {
            #expect(try Self.entries(Self.rsa.replacing(old, with: new) + "," + Self.rsa) == ["a"], "\(new)")
            #expect(try Self.entries(Self.rsa.replacing(old, with: new)) == [], "\(new)")
        }
        let secret = #"{"kty":"oct","kid":"s","k":"\#(Mint.encode(Mint.secret.utf8))"}"#
        #expect(try Self.entries(secret, .hs256) == [], "a published secret is none")
    }

    @Test(
        "JWT-6: what is no key set is refused",
        arguments: ["", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[],"keys":[]}"#, "<html>"])
    func refused(text: String) {
        #expect(throws: KeySetDocument.Failure.self) { try KeySetDocument.read(Array(text.utf8), for: .rs256) }
    }

    @Test("JWT-6: more keys than can be meant are refused")
    func tooMany() {
        let many = Array(repeating: "{}", count: KeySetDocument.keyLimit + 1).joined(separator: ",")
        #expect(throws: KeySetDocument.Failure.tooManyKeys) { try Self.entries(many) }
    }

    @Test("JWT-6: a fetch serves all who wait for it, and unknown keys cause one in the interval")
    func storm() async throws {
        let fetches = Atomic(0)
        let source = KeySetSource(minInterval: .seconds(5), maxWaiting: 50)
        source.setStart { fetches.add(1, ordering: .relaxed) }
        let begin = NIODeadline.uptimeNanoseconds(1_000_000_000)
        func ask(_ now: NIODeadline) -> Task<Bool, Never> {
            Task { await source.refresh(forUnknownKeyAt: now, for: Cancellation()) }
        }
        let waiting = (0..<50).map { _ in ask(begin) }
        while source.waiting < 50 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(await ask(begin).value == false, "so many wait, and no more")
        source.fetched([])
        for task in waiting { #expect(await task.value) }
        #expect(source.isLoaded && source.generation == 1 && fetches.load(ordering: .relaxed) == 1)
        #expect(await ask(begin + .milliseconds(4_999)).value == false)
        #expect(fetches.load(ordering: .relaxed) == 1)
        let later = ask(begin + .seconds(5))
        while source.waiting < 1 { try await Task.sleep(for: .milliseconds(1)) }
        source.fetched(nil)
        #expect(await later.value)
        #expect(source.generation == 1 && fetches.load(ordering: .relaxed) == 2, "a failure keeps what there was")
    }

    @Test("JWT-6: who leaves waits no longer, the others go on")
    func leaves() async throws {
        let source = KeySetSource(minInterval: .seconds(5), maxWaiting: 50)
        source.setStart {}
        let group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let left = try await loop.submit { NIOLoopBound(Cancellation(), eventLoop: loop) }.get()
        let context = try await loop.submit {
            NIOLoopBound(LoopContext(eventLoop: loop, index: 0, seed: (1, 2, 3, 4)), eventLoop: loop)
        }.get()
        let answered = loop.makePromise(of: Bool.self)
        try await loop.submit {
            _ = Task.immediate(executorPreference: context.value.executor) {
                let cancellation = left.value
                answered.succeed(
                    await source.refresh(forUnknownKeyAt: .uptimeNanoseconds(1), for: cancellation))
            }
        }.get()
        while source.waiting < 1 { try await Task.sleep(for: .milliseconds(1)) }
        try await loop.submit { left.value.cancel(.clientLeft) }.get()
        #expect(try await answered.futureResult.get() == false)
        #expect(source.waiting == 0)
        source.fetched([])
        try await group.shutdownGracefully()
    }

    @Test("JWT-6: without anybody to fetch nobody waits")
    func nobody() async {
        let source = KeySetSource(minInterval: .seconds(5), maxWaiting: 50)
        #expect(await source.refresh(forUnknownKeyAt: .uptimeNanoseconds(1), for: Cancellation()) == false)
    }

    @Test("JWT-6: a key without an id beside the set does not keep new keys from being asked for")
    func besideStatic() async throws {
        var settings = JWTSettings()
        settings.isEnabled = true
        settings.algorithm = .hs256
        settings.secret = Secret(Mint.secret)
        let desk = try await Desk(settings, keySet: KeySetSource(minInterval: .seconds(5), maxWaiting: 50))
        #expect(try await desk.bearer(Mint.token(#"{"sub":"a"}"#, "HS256", kid: "new")) == .success("a"))
        let unknown = Mint.hs256("{}", head: #"{"alg":"HS256","kid":"new"}"#, secret: "other")
        #expect(try await desk.bearer(unknown) == .success(nil))
        #expect(try await desk.bearer(Mint.hs256("{}", secret: "other")) == .failure(.invalid(.badSignature)))
        try await desk.end()
    }

    @Test("JWT-6: a key of the set verifies once it is there, and is forgotten when it is withdrawn")
    func adopted() async throws {
        var settings = JWTSettings()
        settings.isEnabled = true
        settings.algorithm = .es256
        let source = KeySetSource(minInterval: .seconds(5), maxWaiting: 50)
        let desk = try await Desk(settings, keySet: source)
        let token = try Mint.token(#"{"sub":"alice"}"#, "ES256", kid: "k")
        #expect(try await desk.bearer(token) == .success(nil), "the key has to be asked for")
        #expect(try await desk.bearer(Mint.hs256("{}")) == .failure(.invalid(.algorithmNotAllowed)), "nothing is asked")
        let raw = Array(Mint.p256.publicKey.x963Representation)
        let key =
            #"{"kty":"EC","crv":"P-256","kid":"k","x":"\#(Mint.encode(raw[1..<33]))","y":"\#(Mint.encode(raw[33...]))"}"#
        source.fetched(try KeySetDocument.read(Array(#"{"keys":[\#(key)]}"#.utf8), for: .es256))
        #expect(try await desk.bearer(token) == .success("alice"))
        #expect(try await desk.bearer(token) == .success("alice"))
        let other = try Mint.token(#"{"sub":"alice"}"#, "ES256", kid: "new")
        #expect(try await desk.bearer(other) == .success(nil), "a new `kid` has to be asked for")
        source.fetched([])
        #expect(try await desk.bearer(token) == .success(nil), "what was remembered is forgotten with its key")
        try await desk.end()
    }
}
