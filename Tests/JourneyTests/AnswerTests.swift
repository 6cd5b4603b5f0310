import NIOCore
import Testing

extension Journeys {
    /// How answers are framed, whole and partial.
    @Suite struct Answers {
        static let chunked = "Transfer-Encoding: chunked\r\n"

        struct Row: Sendable {
            var request = "GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n"
            var origin: [ScriptedOrigin.Step]
            /// The client's bytes, without Date and X-Request-ID.
            var expected: String
            var closes = false
        }

        private static func get(_ version: String, _ method: String = "GET", _ lines: String = "") -> String {
            "\(method) /files/a HTTP/\(version)\r\nHost: p\r\n\(lines)\r\n"
        }

        static let rows: [Row] = [
            Row(origin: [Say.ok("hello")], expected: "200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            Row(origin: [Say.ok("")], expected: "200 OK\r\nContent-Length: 0\r\n\r\n"),
            Row(
                request: get("1.1", "HEAD"), origin: [.send("HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n")],
                expected: "200 OK\r\nContent-Length: 123\r\n\r\n"),
            Row(
                origin: [
                    .send("HTTP/1.1 200 OK\r\n\(chunked)\r\n5\r\nhello\r\n"), .pause(20), .send("1\r\n!\r\n0\r\n\r\n"),
                ],
                expected: "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"),
            Row(
                request: get("1.0"),
                origin: [.send("HTTP/1.1 200 OK\r\n\(chunked)\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")],
                expected: "200 OK\r\nConnection: close\r\n\r\nhello!", closes: true),
            Row(
                request: get("1.1", "HEAD"), origin: [.send("HTTP/1.1 200 OK\r\n\(chunked)\r\n")],
                expected: "200 OK\r\n\r\n"),
            Row(
                request: get("1.0", "GET", "Connection: keep-alive\r\n"), origin: [Say.ok("hello")],
                expected: "200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"),
            Row(
                request: get("1.0"), origin: [Say.ok("hello")],
                expected: "200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", closes: true),
            Row(
                request: get("1.1", "GET", "Connection: close\r\n"), origin: [Say.ok("hello")],
                expected: "200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", closes: true),
            Row(
                origin: [.send("HTTP/1.0 200 OK\r\n\r\nhello"), .close],
                expected: "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
            Row(
                origin: [
                    .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .pause(10),
                    Say.ok("hello"),
                ], expected: "200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            Row(
                request: get("1.1", "GET", "If-None-Match: \"t\"\r\n"), origin: [Say.bare(304, "ETag: \"t\"\r\n")],
                expected: "304 Not Modified\r\nETag: \"t\"\r\n\r\n"),
            Row(
                origin: [
                    .send("HT"), .pause(5), .send("TP/1.1 200 O"), .pause(5), .send("K\r\nContent-Le"), .pause(5),
                    .send("ngth: 5\r\n\r"), .pause(5), .send("\nhe"), .pause(5), .send("llo"),
                ], expected: "200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ]

        @Test("HTTP-1, HTTP-3, HTTP-5: every framing of the origin's becomes the right one of ours", arguments: rows)
        func framing(row: Row) async throws {
            try await Stage.run({ _ in row.origin }) { stage, _ in
                let client = try await stage.client()
                try await client.send(row.request)
                let whole = try await client.watched.take("the answer's bytes") { state -> String? in
                    let text = String(decoding: state.received, as: UTF8.self)
                        .replacing(/Date: [^\r]*\r\n|X-Request-ID: [^\r]*\r\n/, with: "")
                    guard text.utf8.count >= "HTTP/1.1 \(row.expected)".utf8.count else { return nil }
                    state.received = []
                    return text
                }
                #expect(whole == "HTTP/1.1 \(row.expected)")
                if row.closes {
                    #expect(try await client.end() == .closed)
                } else {
                    #expect(try await client.ask("/health").status == 200, "the connection is kept")
                }
                await client.close()
            }
        }

        @Test("HTTP-5: the origin judges the client's conditions")
        func conditions() async throws {
            try await Stage.run(Store().script) { stage, origin in
                let same = try await stage.ask("/files/a", "If-None-Match: \"v1\"\r\n")
                #expect(same.status == 304 && same.body.isEmpty && same["etag"] == "\"v1\"")
                let other = try await stage.ask("/files/a", "If-None-Match: \"v0\"\r\n")
                #expect(other.status == 200 && other.body == Store().bytes)
                let failed = try await stage.ask("/files/a", "If-Match: \"v0\"\r\n")
                #expect(failed.status == 412 && failed.text.contains("\"code\":\"PRECONDITION_FAILED\""))
                #expect(origin.requests.map { $0["if-none-match"] } == ["\"v1\"", "\"v0\"", nil])
                let head = try await stage.ask("/files/a", method: "HEAD", "If-None-Match: \"v1\"\r\n")
                #expect(head.status == 304)
            }
        }

        static let liars: [(step: ScriptedOrigin.Step, lines: String)] = [
            (.send("HTTP/1.1 206 P\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello"), ""),
            (.send("HTTP/1.1 200 OK\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello"), ""),
            (.send("HTTP/1.1 206 P\r\nContent-Length: 5\r\n\r\nhello"), "Range: bytes=0-4\r\n"),
            (.send("HTTP/1.1 204 No Content\r\n\r\n"), ""),
            (.send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), ""),
            (.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), ""),
            (.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\(chunked)\r\nhello"), ""),
            (.send("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"), ""),
            (.send("HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"), ""),
            (.send("220 mail.example ESMTP\r\n"), ""),
            (.send("HTTP/1.1 200 OK\r\nBroken Field: 1\r\n\r\n"), ""),
            (.send("HTTP/1.1 200 OK\r\nX-A: " + String(repeating: "a", count: 70_000) + "\r\n\r\n"), ""),
        ]

        @Test("S3-5, HTTP-4: an answer that is none, or of something else, is 502", arguments: liars.indices)
        func invalid(index: Int) async throws {
            try await Stage.run({ _ in [Self.liars[index].step] }) { stage, _ in
                let reply = try await stage.ask("/files/a", Self.liars[index].lines)
                #expect(reply.status == 502 && reply.text.contains("\"code\":\"ORIGIN_INVALID_RESPONSE\""))
            }
        }

        @Test("HTTP-4: a range answered with 200 and Content-Range is a part all the same")
        func oddPart() async throws {
            let step = ScriptedOrigin.Step.send(
                "HTTP/1.1 200 OK\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello")
            try await Stage.run({ _ in [step] }) { stage, _ in
                let reply = try await stage.ask("/files/a", "Range: bytes=0-4\r\n")
                #expect(reply.status == 206 && reply["content-range"] == "bytes 0-4/9" && reply.text == "hello")
            }
        }
    }
}
