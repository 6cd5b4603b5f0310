import Exchange
import NIOConcurrencyHelpers
import S3
import Testing

/// Keys that a test changes while requests go on.
final class ChangingCredentials: CredentialsSource {
    private let state: NIOLockedValueBox<(generation: UInt64, identity: SigningIdentity?)>

    init(_ identity: SigningIdentity?) { state = NIOLockedValueBox((1, identity)) }

    func change(_ identity: SigningIdentity?) {
        state.withLockedValue { $0 = ($0.generation + 1, identity) }
    }

    var generation: UInt64 { state.withLockedValue { $0.generation } }
    var current: SigningIdentity? { state.withLockedValue { $0.identity } }

    /// What a slow source will say, until it has said it.
    let late = NIOLockedValueBox<(identity: SigningIdentity?, isAsked: Bool, isTold: Bool)>((nil, false, false))

    func obtain() async throws(CredentialsFailure) -> SigningIdentity {
        guard let identity = late.withLockedValue({ $0.identity }) else { throw .unavailable("nobody has keys") }
        late.withLockedValue { $0.isAsked = true }
        while !late.withLockedValue({ $0.isTold }) { try? await Task.sleep(for: .milliseconds(2)) }
        return identity
    }
}

extension Journeys {
    /// As whom the origin is asked (S3-7).
    @Suite struct Identities {
        private static func keys(_ name: String) throws -> SigningIdentity {
            .credentials(try Credentials(accessKey: name, secretKey: Stage.secretKey))
        }

        @Test("S3-7: keys that were waited for do not replace newer ones")
        func lateKeys() async throws {
            let source = ChangingCredentials(nil)
            let old = try Self.keys("AKOLD")
            source.late.withLockedValue { $0.identity = old }
            try await Stage.run({ _ in [Say.ok()] }, { $0.credentials = source }) { stage, origin in
                let waiting = try await stage.client()
                try await waiting.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("asked") { source.late.withLockedValue { $0.isAsked } }
                source.change(try Self.keys("AKNEW"))
                #expect(try await stage.ask("/files/b").status == 200)
                source.late.withLockedValue { $0.isTold = true }
                #expect(try await waiting.reply().status == 200)
                #expect(try await stage.ask("/files/c").status == 200)
                #expect(origin.requests.allSatisfy { $0["authorization"]?.contains("Credential=AKNEW/") == true })
                await waiting.close()
            }
        }

        @Test("S3-7: a request is signed with the keys that hold when it comes, and with none that were")
        func changes() async throws {
            let source = ChangingCredentials(nil)
            try await Stage.run({ _ in [Say.ok()] }, { $0.credentials = source }) { stage, origin in
                let client = try await stage.client()
                let without = try await client.ask("/files/a")
                #expect(without.status == 502 && without.text.contains("ORIGIN_CREDENTIALS"))
                for name in ["AKFIRST", "AKSECOND", "AKFIRST"] {
                    source.change(try Self.keys(name))
                    for _ in 0..<3 {
                        #expect(try await client.ask("/files/a").status == 200)
                        #expect(origin.requests.last?["authorization"]?.contains("Credential=\(name)/") == true)
                    }
                }
                source.change(.anonymous)
                #expect(try await client.ask("/files/a").status == 200)
                #expect(origin.requests.last?["authorization"] == nil)
                source.change(nil)
                #expect(try await client.ask("/files/a").status == 502)
                #expect(origin.requests.count == 10)
                await client.close()
            }
        }
    }
}
