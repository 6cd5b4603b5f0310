import Settings

/// Two more buckets of a plan, one that OPA decides about and one that OpenFGA does, and a walk that meets all that
/// can come of it.
struct GuardedPair {
    private let judge: ScriptedOrigin

    /// A provider that says yes in both tongues, and nothing about keys that end with `dumb`.
    static func start() async throws -> GuardedPair {
        GuardedPair(
            judge: try await ScriptedOrigin.start {
                [Say.ok($0.body.contains("dumb") ? "{}" : #"{"result":true,"allowed":true}"#)]
            })
    }

    func join(_ plan: inout Stage.Plan, origin port: Int) {
        let url = EndpointURL("http://127.0.0.1:\(judge.port)")
        var auth = AuthSettings()
        auth.isEnabled = true
        (auth.opa.url, auth.opa.policyPath, auth.opa.timeout) = (url, "app/authz", .seconds(10))
        (auth.openFGA.endpoint, auth.openFGA.storeID, auth.openFGA.timeout) = (url, "S", .seconds(10))
        for provider in [AuthSettings.Provider.opa, .openfga] {
            var bucket = Stage.Bucket(provider.rawValue, at: "/\(provider)", port: port)
            auth.provider = provider
            bucket.settings.auth = auth
            plan.buckets.append(bucket)
        }
        plan.jwt = SignedToken.settings
    }

    func walk(_ stage: Stage) async throws {
        for target in ["/opa/k", "/opa/k", "/opa/dumb", "/openfga/k", "/openfga/k", "/openfga/dumb"] {
            _ = try await stage.ask(target, SignedToken.line(of: "alice"))
        }
    }

    func stop() async { await judge.stop() }
}
