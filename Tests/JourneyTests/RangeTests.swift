import Testing

extension Journeys {
    /// One range and several (HTTP-4), before a store that knows only one at a time.
    @Suite struct Ranges {
        struct Row: Sendable {
            var range: String
            var lines = ""
            var status: Int
            var contentRange: String?
            var body: String?
        }

        private static let all = "0123456789abcdefghijklmnopqrstuvwxyz"

        static let rows: [Row] = [
            Row(range: "bytes=0-4", status: 206, contentRange: "bytes 0-4/36", body: "01234"),
            Row(range: "bytes=30-", status: 206, contentRange: "bytes 30-35/36", body: "uvwxyz"),
            Row(range: "bytes=-3", status: 206, contentRange: "bytes 33-35/36", body: "xyz"),
            Row(range: "bytes=35-99", status: 206, contentRange: "bytes 35-35/36", body: "z"),
            Row(range: "bytes=36-", status: 416, contentRange: "bytes */36"),
            Row(range: "bytes=4-0", status: 200, body: all),
            Row(range: "items=0-4", status: 200, body: all),
            Row(range: "bytes=0-4,2-6", status: 206, contentRange: "bytes 0-6/36", body: "0123456"),
            Row(range: "bytes=50-60,70-80", status: 416, contentRange: "bytes */36"),
            Row(range: "bytes=50-60,0-1", status: 206, contentRange: "bytes 0-1/36", body: "01"),
            Row(
                range: "bytes=0-4", lines: "If-Range: \"v1\"", status: 206, contentRange: "bytes 0-4/36",
                body: "01234"),
            Row(range: "bytes=0-4", lines: "If-Range: \"v0\"", status: 200, body: all),
            Row(range: "bytes=0-4", lines: "If-Range: W/\"v1\"", status: 200, body: all),
            Row(
                range: "bytes=0-4", lines: "If-Range: Fri, 24 Jul 2026 00:00:00 GMT", status: 206,
                contentRange: "bytes 0-4/36", body: "01234"),
            Row(range: "bytes=0-4", lines: "If-Range: Thu, 23 Jul 2026 00:00:00 GMT", status: 200, body: all),
            Row(range: "bytes=0-0,9-9", lines: "If-Range: \"v0\"", status: 200, body: all),
            Row(range: "bytes=0-4", lines: "If-Match: \"v0\"", status: 412),
            Row(range: "bytes=0-4", lines: "If-None-Match: \"v1\"", status: 304),
            Row(range: "bytes=0-0,9-9", lines: "If-None-Match: \"v1\"", status: 304),
            Row(range: "bytes=0-0,9-9", lines: "If-Match: \"v0\"", status: 412),
        ]

        @Test("HTTP-4: one range, joined ranges, none that fits, and If-Range", arguments: rows)
        func single(row: Row) async throws {
            try await Stage.run(Store().script) { stage, _ in
                let more = row.lines.isEmpty ? "" : "\(row.lines)\r\n"
                let reply = try await stage.ask("/files/a", "Range: \(row.range)\r\n\(more)")
                #expect(reply.status == row.status)
                #expect(reply["content-range"] == row.contentRange)
                if let body = row.body { #expect(reply.text == body) }
                if row.status == 416 { #expect(reply.text.contains("\"code\":\"RANGE_NOT_SATISFIABLE\"")) }
            }
        }

        static let several: [(range: String, lines: String, parts: [(String, String)])] = [
            ("bytes=0-1,-2", "", [("0-1", "01"), ("34-35", "yz")]),
            ("bytes=30-31,0-1,10-11", "", [("30-31", "uv"), ("0-1", "01"), ("10-11", "ab")]),
            ("bytes=20-21,0-4,3-9", "", [("0-9", "0123456789"), ("20-21", "kl")]),
            ("bytes=0-0,2-2", "If-Range: \"v1\"\r\n", [("0-0", "0"), ("2-2", "2")]),
            ("bytes=0-0,2-2,99-", "If-Range: Fri, 24 Jul 2026 00:00:00 GMT\r\n", [("0-0", "0"), ("2-2", "2")]),
        ]

        @Test("HTTP-4: several ranges are put together as multipart/byteranges", arguments: several.indices)
        func multipart(index: Int) async throws {
            let row = Self.several[index]
            try await Stage.run(Store().script) { stage, origin in
                let reply = try await stage.ask("/files/a", "Range: \(row.range)\r\n\(row.lines)")
                let boundary = try #require(reply["x-request-id"])
                #expect(reply.status == 206 && reply["content-type"] == "multipart/byteranges; boundary=\(boundary)")
                #expect(reply["content-range"] == nil && reply["etag"] == "\"v1\"")
                var expected = row.parts.map { range, body in
                    "--\(boundary)\r\nContent-Type: text/plain\r\nContent-Range: bytes \(range)/36\r\n\r\n\(body)\r\n"
                }.joined()
                expected += "--\(boundary)--\r\n"
                #expect(reply.text == expected && reply.framing == .length(expected.utf8.count))
                let parts = origin.requests.dropFirst()
                #expect(origin.requests.first?.method == "HEAD" && parts.count == row.parts.count)
                #expect(parts.allSatisfy { $0["if-match"] == "\"v1\"" }, "all parts are of one version")
            }
        }

        @Test("HTTP-4: an object that changes between two parts never becomes a mixture")
        func changes() async throws {
            let script: ScriptedOrigin.Script = { seen in
                if seen["range"] == "bytes=20-21" { return [Say.error(412, "PreconditionFailed")] }
                return [Store().answer(seen)]
            }
            try await Stage.run(script) { stage, _ in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\nRange: bytes=0-1,20-21\r\n\r\n")
                _ = try await client.end()
                #expect(String(decoding: client.watched.state.received, as: UTF8.self).hasSuffix("\r\n\r\n01"))
            }
        }

        @Test("HTTP-4: a part of another length or place than asked for is refused")
        func wrongPart() async throws {
            let script: ScriptedOrigin.Script = { seen in
                guard seen["range"] != nil else { return [Store().answer(seen)] }
                return [.send("HTTP/1.1 206 P\r\nContent-Range: bytes 5-6/36\r\nContent-Length: 2\r\n\r\n56")]
            }
            try await Stage.run(script) { stage, _ in
                let reply = try await stage.ask("/files/a", "Range: bytes=0-1,20-21\r\n")
                #expect(reply.status == 502 && reply.text.contains("ORIGIN_INVALID_RESPONSE"))
            }
        }

        @Test(
            "HTTP-4: before an origin that knows no ranges the whole object is the answer",
            arguments: ["bytes=0-1,20-21", "bytes=0-4,2-6", "bytes=0-4"])
        func noRanges(range: String) async throws {
            let store = Store()
            let script: ScriptedOrigin.Script = { seen in
                let isHead = seen.method == "HEAD"
                return [
                    isHead
                        ? store.answer(seen) : Say.ok(String(decoding: store.bytes, as: UTF8.self), "ETag: \"v1\"\r\n")
                ]
            }
            try await Stage.run(script) { stage, _ in
                let reply = try await stage.ask("/files/a", "Range: \(range)\r\n")
                #expect(reply.status == 200 && reply.body == store.bytes && reply["content-range"] == nil)
            }
        }

        @Test("HTTP-4: without a strong tag parts cannot be held together: the whole object is the answer")
        func noTag() async throws {
            var store = Store()
            store.tag = "W/\"v1\""
            try await Stage.run(store.script) { stage, _ in
                let reply = try await stage.ask("/files/a", "Range: bytes=0-1,20-21\r\n")
                #expect(reply.status == 200 && reply.body == store.bytes)
            }
        }
    }
}
