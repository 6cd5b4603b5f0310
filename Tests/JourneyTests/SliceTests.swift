import Settings
import Testing

extension Journeys {
    /// Ranges out of slices of ten bytes (CACHE-10), before a store with an object of 36.
    @Suite struct Slices {
        private static func run(
            _ script: @escaping ScriptedOrigin.Script, _ change: (inout Stage.Plan) -> Void = { _ in },
            _ body: (Stage, ScriptedOrigin) async throws -> Void
        ) async throws {
            try await Stage.run(
                script,
                { plan in
                    plan.cache.isEnabled = true
                    plan.cache.rangeRequests = .slice
                    plan.cache.sliceSize = 10
                    change(&plan)
                }, body)
        }

        /// The object as it is at first, without a Date that would make it old.
        private static let store: Store = {
            var store = Store()
            store.date = "-"
            return store
        }()

        /// Another version, of the same length.
        private static let newer: Store = {
            var store = Self.store
            store.tag = "\"v2\""
            store.bytes = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
            return store
        }()

        private static func text(_ store: Store, _ range: ClosedRange<Int>) -> String {
            String(decoding: store.bytes[range], as: UTF8.self)
        }

        @Test("CACHE-10: each slice is asked for once, the later ones with the tag of the first")
        func slices() async throws {
            try await Self.run(Self.store.script) { stage, origin in
                let miss = try await stage.ask("/files/a", "Range: bytes=5-24\r\n")
                #expect(miss.status == 206 && miss.text == Self.text(Self.store, 5...24) && miss["x-cache"] == "MISS")
                #expect(miss["content-range"] == "bytes 5-24/36" && miss.framing == .length(20))
                #expect(origin.requests.map { $0["range"] } == ["bytes=0-9", "bytes=10-19", "bytes=20-29"])
                #expect(origin.requests.map { $0["if-match"] } == [nil, "\"v1\"", "\"v1\""])
                let hit = try await stage.ask("/files/a", "Range: bytes=0-29\r\n")
                #expect(hit.text == Self.text(Self.store, 0...29) && hit["x-cache"] == "HIT" && hit["age"] == "0")
                let part = try await stage.ask("/files/a", "Range: bytes=-10\r\n")
                #expect(part.text == Self.text(Self.store, 26...35) && part["x-cache"] == "MISS")
                #expect(origin.requests.count == 4 && origin.requests[3]["range"] == "bytes=30-39")
                let parts = try await stage.ask("/files/a", "Range: bytes=0-1,18-21,-1\r\n")
                #expect(parts.status == 206 && parts["x-cache"] == "HIT" && origin.requests.count == 4)
                #expect(parts.text.contains("bytes 18-21/36\r\n\r\nijkl\r\n") && parts.text.contains("\r\n\r\nz\r\n"))
                let beyond = try await stage.ask("/files/a", "Range: bytes=36-\r\n")
                #expect(beyond.status == 416 && beyond["content-range"] == "bytes */36")
            }
        }

        @Test("CACHE-10: a client that wants a byte of a slice leaves all of it behind")
        func restOfASlice() async throws {
            let head = "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 0-9/36\r\nContent-Length: 10\r\n\r\n"
            let script: ScriptedOrigin.Script = { _ in [.send(head + "01234"), .hold, .send("56789")] }
            try await Self.run(script) { stage, origin in
                let first = try await stage.ask("/files/a", "Range: bytes=0-0\r\n")
                #expect(first.text == "0" && first["x-cache"] == "MISS")
                origin.go()
                try await stage.until("it is stored") {
                    try await stage.ask("/files/a", "Range: bytes=9-9\r\n")["x-cache"] == "HIT"
                }
                #expect(origin.requests.count == 1)
            }
        }

        @Test("HTTP-3: the slice of a client that leaves is given up, and no further one is asked for")
        func leaves() async throws {
            let head = "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 0-9/36\r\nContent-Length: 10\r\n\r\n"
            let script: ScriptedOrigin.Script = { _ in [.send(head + "01234"), .hold] }
            try await Self.run(script) { stage, origin in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\nRange: bytes=0-29\r\n\r\n")
                try await client.watched.wait("the first bytes") { $0.received.ends(with: Array("01234".utf8)) }
                await client.close()
                try await origin.watched.wait("the end of the fetch") { $0.closed == 1 }
                #expect(origin.requests.count == 1)
            }
        }

        @Test("CACHE-10: a version that is gone before the answer begins is forgotten, and the next one served")
        func changesBefore() async throws {
            try await Self.run(Self.store.script) { stage, origin in
                _ = try await stage.ask("/files/a", "Range: bytes=0-19\r\n")
                origin.answer(Self.newer.script)
                let reply = try await stage.ask("/files/a", "Range: bytes=20-35\r\n")
                #expect(reply.status == 206 && reply.text == Self.text(Self.newer, 20...35))
                #expect(reply["etag"] == "\"v2\"")
                #expect(origin.requests.dropFirst(2).map { $0["if-match"] } == ["\"v1\"", nil, "\"v2\""])
                let all = try await stage.ask("/files/a", "Range: bytes=0-35\r\n")
                #expect(all.text == Self.text(Self.newer, 0...35), "the slice of the old version that is left is none")
            }
        }

        @Test("CACHE-10: a version that ends within an answer cuts it; the next answer is of the next version")
        func changesWithin() async throws {
            try await Self.run(Self.store.script) { stage, origin in
                _ = try await stage.ask("/files/a", "Range: bytes=0-9\r\n")
                origin.answer(Self.newer.script)
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\nRange: bytes=0-19\r\n\r\n")
                _ = try await client.end()
                #expect(String(decoding: client.watched.state.received, as: UTF8.self).hasSuffix("\r\n\r\n0123456789"))
                let reply = try await stage.ask("/files/a", "Range: bytes=0-19\r\n")
                #expect(reply.text == Self.text(Self.newer, 0...19) && reply["etag"] == "\"v2\"")
            }
        }

        @Test("CACHE-10: an origin that does not heed If-Match does not make a mixture either")
        func ignoredPin() async throws {
            let script: ScriptedOrigin.Script = { seen in
                let store = seen["range"] == "bytes=0-9" ? Self.store : Self.newer
                let head = seen.head.split(separator: "\r\n").filter { !$0.lowercased().hasPrefix("if-match") }
                return [
                    store.answer(
                        .init(head: head.joined(separator: "\r\n"), body: "", connection: 0, serial: 0))
                ]
            }
            try await Self.run(script) { stage, _ in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\nRange: bytes=0-19\r\n\r\n")
                _ = try await client.end()
                #expect(String(decoding: client.watched.state.received, as: UTF8.self).hasSuffix("\r\n\r\n0123456789"))
            }
        }

        static let unsliceable = [
            "ETag: W/\"v1\"\r\n", "", "ETag: \"v1\"\r\nVary: x-a\r\n", "ETag: \"v1\"\r\nCache-Control: private\r\n",
        ]

        @Test("CACHE-10: what cannot be pinned, varies or is private passes by unsliced", arguments: unsliceable)
        func passes(lines: String) async throws {
            let script: ScriptedOrigin.Script = { seen in
                let body = seen["range"] == "bytes=4-5" ? "45" : "0123456789"
                let range = seen["range"] == "bytes=4-5" ? "4-5" : "0-9"
                let fields = "\(lines)Content-Range: bytes \(range)/36\r\nContent-Length: \(body.count)\r\n"
                return [.send("HTTP/1.1 206 P\r\n\(fields)\r\n\(body)")]
            }
            try await Self.run(script) { stage, origin in
                for count in 2...3 {
                    let reply = try await stage.ask("/files/a", "Range: bytes=4-5\r\n")
                    #expect(reply.status == 206 && reply.text == "45" && reply["x-cache"] == "BYPASS")
                    // It is remembered, so that the second one is not asked for as a slice.
                    #expect(origin.requests.count == count)
                }
            }
        }

        @Test("CACHE-10: an origin that fails is covered for by a slice that is out of date, where that is allowed")
        func staleIfError() async throws {
            var store = Self.store
            store.modified += "\r\nCache-Control: max-age=0, stale-if-error=100"
            try await Self.run(store.script) { stage, origin in
                _ = try await stage.ask("/files/a", "Range: bytes=0-9\r\n")
                origin.answer { _ in [Say.error(500, "InternalError")] }
                let reply = try await stage.ask("/files/a", "Range: bytes=2-3\r\n")
                #expect(reply.status == 206 && reply.text == "23" && reply["x-cache"] == "HIT")
                #expect(origin.requests.last?["if-none-match"] == "\"v1\"")
            }
        }

        @Test("CACHE-10: a slice that is out of date is served while it is renewed, where that is allowed")
        func staleWhileRevalidate() async throws {
            var store = Self.store
            store.modified += "\r\nCache-Control: max-age=0, stale-while-revalidate=100"
            try await Self.run(store.script) { stage, origin in
                _ = try await stage.ask("/files/a", "Range: bytes=0-9\r\n")
                let reply = try await stage.ask("/files/a", "Range: bytes=2-3\r\n")
                #expect(reply.status == 206 && reply.text == "23" && reply["x-cache"] == "HIT")
                try await origin.watched.wait("the refresh") { state in
                    state.requests.contains { $0["if-none-match"] == "\"v1\"" && $0["range"] == "bytes=0-9" }
                }
            }
        }

        @Test("CACHE-10: only-if-cached never reaches the origin")
        func storedOnly() async throws {
            try await Self.run(Self.store.script) { stage, origin in
                let lines = "Cache-Control: only-if-cached\r\n"
                #expect(try await stage.ask("/files/a", "Range: bytes=0-9\r\n\(lines)").status == 504)
                #expect(origin.requests.isEmpty)
                _ = try await stage.ask("/files/a", "Range: bytes=0-9\r\n")
                #expect(try await stage.ask("/files/a", "Range: bytes=0-9\r\n\(lines)").status == 206)
                #expect(try await stage.ask("/files/a", "Range: bytes=0-10\r\n\(lines)").status == 504)
                #expect(origin.requests.count == 1)
            }
        }

        @Test("CACHE-10: an object that is stored whole serves ranges by itself")
        func whole() async throws {
            try await Self.run(Self.store.script) { stage, origin in
                _ = try await stage.ask("/files/a")
                let reply = try await stage.ask("/files/a", "Range: bytes=5-24\r\n")
                #expect(reply.text == Self.text(Self.store, 5...24) && reply["x-cache"] == "HIT")
                #expect(origin.requests.count == 1)
            }
        }

        @Test("CACHE-10: where no tier would take a slice, ranges go by")
        func tooLarge() async throws {
            try await Self.run(Self.store.script) { plan in
                plan.buckets[0].settings.cache.maxItemSize = 9
            } _: { stage, origin in
                let reply = try await stage.ask("/files/a", "Range: bytes=5-24\r\n")
                #expect(reply.text == Self.text(Self.store, 5...24) && reply["x-cache"] == "BYPASS")
                #expect(origin.requests.map { $0["range"] } == ["bytes=5-24"])
            }
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
