import Settings
import Testing

extension Journeys {
    /// Ranges of objects that the cache fetches whole (`range_requests: serve`).
    @Suite struct CachedRanges {
        @Test("CACHE-5: a client that wants the first bytes only does not keep the object from being stored")
        func rangeOfAMiss() async throws {
            let half = String(repeating: "a", count: 50_000)
            let script: ScriptedOrigin.Script = { _ in
                [Say.head(100_000, "ETag: \"v1\"\r\n"), .send(half), .hold, .send(half)]
            }
            try await Stage.run(script) { plan in
                plan.cache.isEnabled = true
                plan.cache.rangeRequests = .serve
            } _: { stage, origin in
                let first = try await stage.ask("/files/a", "Range: bytes=0-9\r\n")
                #expect(first.status == 206 && first.text == "aaaaaaaaaa" && first["x-cache"] == "MISS")
                origin.go()
                try await stage.until("it is stored") {
                    try await stage.ask("/files/a", "Range: bytes=99990-\r\n")["x-cache"] == "HIT"
                }
                #expect(origin.requests.count == 1)
            }
        }
    }
}
