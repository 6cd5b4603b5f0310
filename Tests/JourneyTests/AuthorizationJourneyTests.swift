import Settings
import Telemetry
import Testing

/// A bucket whose readers OPA or OpenFGA decides about, from the client to the origin.
@Suite("Journeys to guarded buckets")
struct AuthorizationJourneyTests {
    typealias Provider = AuthSettings.Provider

    private static let providers = [Provider.opa, .openfga]

    /// What the scripted provider answers.
    private static func yes(_ provider: Provider) -> ScriptedOrigin.Step {
        Say.ok(provider == .opa ? #"{"result":true}"# : #"{"allowed":true}"#)
    }

    private static func no(_ provider: Provider) -> ScriptedOrigin.Step {
        Say.ok(provider == .opa ? #"{"result":{"allow":false,"reason":"not yours"}}"# : #"{"allowed":false}"#)
    }

    /// Runs a proxy with one guarded bucket, `/files`, and one beside it that a token opens, `/tokens`.
    private static func run(
        _ provider: Provider, _ script: @escaping ScriptedOrigin.Script, failMode: FailMode = .closed,
        store: @escaping ScriptedOrigin.Script = Store().script,
        _ body: (Stage, _ provider: ScriptedOrigin, _ origin: ScriptedOrigin) async throws -> Void
    ) async throws {
        let judge = try await ScriptedOrigin.start(script)
        let origin = try await ScriptedOrigin.start(store)
        var guarded = Stage.Bucket(port: origin.port)
        guarded.settings.auth.isEnabled = true
        guarded.settings.auth.provider = provider
        let url = EndpointURL("http://127.0.0.1:\(judge.port)")
        guarded.settings.auth.opa.url = url
        guarded.settings.auth.opa.policyPath = "app/authz"
        guarded.settings.auth.opa.timeout = .seconds(10)
        guarded.settings.auth.opa.failMode = failMode
        guarded.settings.auth.openFGA.endpoint = url
        guarded.settings.auth.openFGA.storeID = "S"
        guarded.settings.auth.openFGA.timeout = .seconds(10)
        guarded.settings.auth.openFGA.failMode = failMode
        var token = Stage.Bucket("tokens", at: "/tokens", port: origin.port)
        token.settings.auth.isEnabled = true
        var plan = Stage.Plan([guarded, token])
        plan.jwt = SignedToken.settings
        try await Stage.run(plan) { try await body($0, judge, origin) }
        await judge.stop()
        await origin.stop()
    }

    private static let alice = SignedToken.line(of: "alice")

    /// Every way to ask for an object's bytes or for what is known of it.
    static let questions: [(method: String, lines: String, status: Int)] = [
        ("GET", "", 200), ("HEAD", "", 200), ("GET", "Range: bytes=2-4\r\n", 206),
        ("GET", "Range: bytes=0-1,4-5\r\n", 206), ("GET", "If-None-Match: \"v1\"\r\n", 304),
        ("HEAD", "If-None-Match: \"v1\"\r\n", 304), ("GET", "If-Match: \"other\"\r\n", 412),
        ("GET", "Range: bytes=0-3\r\nIf-Range: \"v1\"\r\n", 206), ("GET", "Range: bytes=99-\r\n", 416),
    ]

    @Test("AUTHZ-1: with a yes every way to ask is answered", arguments: providers)
    func allowed(provider: Provider) async throws {
        try await Self.run(provider, { _ in [Self.yes(provider)] }) { stage, judge, _ in
            for question in Self.questions {
                let reply = try await stage.ask("/files/a/b.txt", method: question.method, Self.alice + question.lines)
                #expect(reply.status == question.status, "\(question)")
            }
            // OPA is told the method, OpenFGA is not.
            #expect(judge.requests.count == (provider == .opa ? 2 : 1))
            #expect(judge.requests.allSatisfy { $0.method == "POST" && $0["authorization"] == nil })
            let log = try await stage.logText(requests: Self.questions.count)
            #expect(log.contains(#""user":"alice""#) && log.contains(#""auth":"\#(provider.rawValue)""#))
        }
    }

    @Test("AUTHZ-1: with a no no way to ask is answered, and the origin hears nothing", arguments: providers)
    func denied(provider: Provider) async throws {
        try await Self.run(provider, { _ in [Self.no(provider)] }) { stage, _, origin in
            for question in Self.questions {
                let reply = try await stage.ask("/files/a/b.txt", method: question.method, Self.alice + question.lines)
                #expect(reply.status == 403, "\(question)")
                if question.method == "GET" { #expect(reply.text.contains("POLICY_DENIED")) }
                #expect(!reply.text.contains("not yours") && reply["etag"] == nil && reply["content-range"] == nil)
            }
            #expect(origin.requests.isEmpty)
            let outcomes = stage.registry.counter(.authOutcomes)
            let denied = stage.registry.total(outcomes, at: AuthOutcomeLabel.policyDenied.rawValue)
            #expect(denied == UInt64(Self.questions.count) && stage.count(.authFailure) == denied)
            let log = try await stage.logText(requests: Self.questions.count)
            #expect(
                log.contains(provider == .opa ? #""error_detail":"not yours""# : #""error_detail":"no such relation""#))
            #expect(!log.contains(SignedToken.of(#"{"sub":"alice"}"#)))
        }
    }

    @Test("AUTHZ-2: nothing reaches the origin before the decision", arguments: providers)
    func before(provider: Provider) async throws {
        try await Self.run(provider, { _ in [.hold, Self.yes(provider)] }) { stage, judge, origin in
            let client = try await stage.client()
            try await client.send("GET /files/k HTTP/1.1\r\nHost: p\r\n\(Self.alice)\r\n")
            try await stage.until("the provider is asked") { judge.requests.count == 1 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(origin.requests.isEmpty && origin.watched.state.opened == 0)
            judge.go()
            #expect(try await client.reply().status == 200)
            await client.close()
        }
    }

    @Test("AUTHZ-1: without a good token nobody is asked", arguments: providers)
    func noToken(provider: Provider) async throws {
        try await Self.run(provider, { _ in [Self.yes(provider)] }) { stage, judge, origin in
            for lines in ["", "Authorization: Bearer a.b.c\r\n", Self.alice.replacing("\r\n", with: "x\r\n")] {
                let refused = try await stage.ask("/files/k", lines)
                #expect(refused.status == 401)
            }
            let preflight = try await stage.ask("/files/k", method: "OPTIONS")
            #expect(preflight.status == 200)
            #expect(judge.requests.isEmpty && origin.requests.isEmpty)
        }
    }

    @Test("AUTHZ-1: a provider that gives no decision is 503 with Retry-After, and no byte", arguments: providers)
    func closed(provider: Provider) async throws {
        try await Self.run(provider, { _ in [Say.ok("{}")] }) { stage, judge, origin in
            for question in Self.questions {
                let reply = try await stage.ask("/files/k", method: question.method, Self.alice + question.lines)
                #expect(reply.status == 503 && reply["retry-after"] == "5", "\(question)")
                if question.method == "GET" { #expect(reply.text.contains("AUTHORIZATION_UNAVAILABLE")) }
            }
            await judge.stop()
            #expect(try await stage.ask("/files/other", Self.alice).status == 503)
            #expect(origin.requests.isEmpty)
            let outcomes = stage.registry.counter(.authOutcomes)
            let unavailable = stage.registry.total(outcomes, at: AuthOutcomeLabel.unavailable.rawValue)
            #expect(unavailable == UInt64(Self.questions.count + 1))
            let log = try await stage.logText(requests: Self.questions.count + 1)
            #expect(log.contains(#""error_detail":"the answer holds no decision""#))
        }
    }

    @Test("AUTHZ-1: with fail_mode open it passes, and is counted", arguments: providers)
    func open(provider: Provider) async throws {
        let script: ScriptedOrigin.Script = { _ in [Say.ok("{}")] }
        try await Self.run(provider, script, failMode: .open) { stage, judge, origin in
            let passed = try await stage.ask("/files/k", Self.alice)
            #expect(passed.status == 200)
            let outcomes = stage.registry.counter(.authOutcomes)
            #expect(stage.registry.total(outcomes, at: AuthOutcomeLabel.passedOpen.rawValue) == 1)
            let log = try await stage.logText()
            #expect(log.contains(#""auth_passed_open":"the answer holds no decision""#))
            #expect(stage.registry.total(outcomes, at: AuthOutcomeLabel.success.rawValue) == 0)
            #expect(stage.count(provider == .opa ? .opaErrors : .openFGAErrors, labels: ["files"]) == 1)
            // A clear no is no failure, and no token is none either.
            judge.answer { _ in [Self.no(provider)] }
            let (denied, unknown) = (
                try await stage.ask("/files/k", Self.alice), try await stage.ask("/files/k")
            )
            #expect(denied.status == 403 && unknown.status == 401)
            #expect(origin.requests.count == 1)
        }
    }

    @Test("AUTHZ-1: buckets side by side have their own guards", arguments: providers)
    func sideBySide(provider: Provider) async throws {
        try await Self.run(provider, { _ in [Self.no(provider)] }) { stage, judge, _ in
            #expect(try await stage.ask("/tokens/k", Self.alice).status == 200)
            #expect(judge.requests.isEmpty)
            #expect(try await stage.ask("/files/k", Self.alice).status == 403)
            let log = try await stage.logText(requests: 2)
            #expect(log.contains(#""auth":"jwt""#) && log.contains(#""auth":"\#(provider.rawValue)""#))
        }
    }

    @Test("AUTHZ-3: who leaves while it is decided takes nobody's decision away", arguments: providers)
    func leaver(provider: Provider) async throws {
        try await Self.run(provider, { _ in [.hold, Self.yes(provider)] }) { stage, judge, origin in
            let (leader, follower) = (try await stage.client(), try await stage.client())
            let request = "GET /files/k HTTP/1.1\r\nHost: p\r\n\(Self.alice)\r\n"
            try await leader.send(request)
            try await stage.until("the provider is asked") { judge.requests.count == 1 }
            try await follower.send(request)
            try await stage.until("both are on their way") { stage.gauge(.requestsInFlight) == 2 }
            await leader.reset()
            try await Task.sleep(for: .milliseconds(30))
            judge.go()
            #expect(try await follower.reply().status == 200)
            await follower.close()
            #expect(judge.requests.count == 1)
        }
    }

    @Test("AUTHZ-3: a flood for one object asks once", arguments: providers)
    func flood(provider: Provider) async throws {
        try await Self.run(provider, { _ in [.hold, Self.no(provider)] }) { stage, judge, origin in
            var clients: [Client] = []
            for _ in 0..<40 {
                let client = try await stage.client()
                try await client.send("GET /files/k HTTP/1.1\r\nHost: p\r\n\(Self.alice)\r\n")
                clients.append(client)
            }
            try await stage.until("all are on their way") { stage.gauge(.requestsInFlight) == 40 }
            judge.go()
            for client in clients {
                #expect(try await client.reply().status == 403)
                await client.close()
            }
            #expect(judge.requests.count == 1 && origin.requests.isEmpty)
        }
    }
}
