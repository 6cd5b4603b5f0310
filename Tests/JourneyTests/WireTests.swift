import NIOCore
import Settings
import Telemetry
import Testing

extension Journeys {
    /// What clients do with their connections (HTTP-1, HTTP-6).
    @Suite struct Wire {
        @Test(
            "HTTP-1: a thousand pipelined requests in one write are answered in order",
            arguments: ["/health", "/files/"])
        func pipelining(target: String) async throws {
            try await Stage.run({ [Say.ok(String($0.target.dropFirst("/store/".count)))] }) { stage, origin in
                let client = try await stage.client()
                let isOwn = target == "/health"
                let requests = (0..<1_000).map { "GET \(target)\(isOwn ? "" : "\($0)") HTTP/1.1\r\nHost: p\r\n\r\n" }
                try await client.send(requests.joined())
                for number in 0..<1_000 {
                    let reply = try await client.reply()
                    #expect(reply.status == 200 && (isOwn || reply.text == "\(number)"))
                }
                #expect(origin.watched.state.opened == (isOwn ? 0 : 1))
                await client.close()
            }
        }

        @Test("HTTP-1: requests that come byte by byte, with empty lines before them, are requests")
        func trickle() async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, _ in
                let client = try await stage.client()
                for _ in 0..<2 {
                    for byte in "\r\nGET /files/a HTTP/1.1\r\nHost: p\r\n\r\n" { try await client.send(String(byte)) }
                    let reply = try await client.reply()
                    #expect(reply.text == "hello")
                }
                await client.close()
            }
        }

        struct Refusal: Sendable {
            var request: String
            var status: Int
            var family: CounterFamily?
        }

        private static func get(_ target: String = "/files/a", _ lines: String = "Host: p\r\n") -> String {
            "GET \(target) HTTP/1.1\r\n\(lines)\r\n"
        }

        static let refusals: [Refusal] = [
            Refusal(request: "hello\r\n\r\n", status: 400, family: .malformedRequests),
            Refusal(request: get("/files/a", ""), status: 400, family: .malformedRequests),
            Refusal(request: get("/files/a", "Host: p\r\nHost: q\r\n"), status: 400),
            Refusal(request: "GET /files/a HTTP/1.1\nHost: p\n\n", status: 400),
            Refusal(request: get("/files/a", "Host: p\r\nA : b\r\n"), status: 400),
            Refusal(request: get("/files/a", "Host: p\r\n folded\r\n"), status: 400),
            Refusal(
                request: get("/files/a", "Host: p\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
                status: 400),
            Refusal(request: get("/files/a", "Host: p\r\nContent-Length: 1\r\nContent-Length: 2\r\n"), status: 400),
            Refusal(request: get("/files/a", "Host: p\r\nContent-Length: +1\r\n"), status: 400),
            Refusal(request: get("/files/a", "Host: p\r\nTransfer-Encoding: gzip, chunked\r\n"), status: 400),
            Refusal(request: get("/files/a", "Host: p\r\nTransfer-Encoding: xchunked\r\n"), status: 400),
            Refusal(request: "GET /files/a HTTP/2.0\r\nHost: p\r\n\r\n", status: 505, family: .malformedRequests),
            Refusal(request: get("/files/" + String(repeating: "a", count: 9_000)), status: 414, family: .uriTooLong),
            Refusal(
                request: get("/files/a", "Host: p\r\nX: " + String(repeating: "a", count: 70_000) + "\r\n"),
                status: 431,
                family: .headersTooLarge),
            Refusal(
                request: get("/files/a", "Host: p\r\n" + String(repeating: "A: b\r\n", count: 200)), status: 431,
                family: .headersTooLarge),
        ]

        @Test("HTTP-6: what is no request is refused in JSON, and its connection ends", arguments: refusals)
        func refuses(row: Refusal) async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                let client = try await stage.client()
                client.push(Array((row.request + "GET /files/smuggled HTTP/1.1\r\nHost: p\r\n\r\n").utf8))
                let reply = try await client.reply()
                #expect(reply.status == row.status && reply["connection"] == "close")
                #expect(reply.text.contains("\"status\":\(row.status),\"request_id\":"))
                _ = try await client.end()
                #expect(client.watched.state.received.isEmpty && origin.requests.isEmpty)
                try await stage.until("it is counted") {
                    stage.registry.total(stage.registry.counter(.requestsByStatus), at: row.status) == 1
                }
                if let family = row.family {
                    try await stage.until("its family moves") { stage.count(family) == 1 }
                }
            }
        }

        static let bodies: [String] = [
            "Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
        ]

        @Test(
            "HTTP-6: a body on a GET is read and dropped, and the next request is the next request", arguments: bodies)
        func requestBody(body: String) async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                let client = try await stage.client()
                let request = "GET /files/a HTTP/1.1\r\nHost: p\r\n\(body)"
                try await client.send(request + request)
                for _ in 0..<2 {
                    let reply = try await client.reply()
                    #expect(reply.text == "hello")
                }
                for byte in request { try await client.send(String(byte)) }
                let reply = try await client.reply()
                #expect(reply.text == "hello" && origin.requests.count == 3)
                #expect(origin.requests.allSatisfy { $0["content-length"] == nil && $0["transfer-encoding"] == nil })
                await client.close()
            }
        }

        private static let large = String(repeating: "x", count: 4_000)

        static let oversized: [String] = [
            "GET /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 4000\r\n\r\n\(large)",
            "POST /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 99999999999999999\r\n\r\n\(large)",
            "GET /files/a HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\nfa0\r\n\(large)\r\n0\r\n\r\n",
        ]

        @Test("HTTP-6: a body over the limit is 413, and the client gets to read that", arguments: oversized.indices)
        func tooLarge(index: Int) async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.securityLimits.maxBodySize = 1_000 }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, origin in
                let client = try await stage.client()
                client.push(Array(Self.oversized[index].utf8))
                let reply = try await client.reply()
                #expect(reply.status == (index == 1 ? 405 : 413))
                if index != 1 { try await stage.until("it is counted") { stage.count(.payloadTooLarge) == 1 } }
                #expect(try await client.end() == .closed)
                #expect(origin.requests.isEmpty)
            }
        }

        @Test("HTTP-1: Expect: 100-continue is answered before the body is read, any other expectation with 417")
        func expectation() async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, _ in
                let client = try await stage.client()
                try await client.send(
                    "GET /files/a HTTP/1.1\r\nHost: p\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                let interim = try await client.reply()
                #expect(interim.status == 100 && interim.head == "HTTP/1.1 100 Continue\r\n\r\n")
                try await client.send("xx")
                let reply = try await client.reply()
                #expect(reply.text == "hello")
                let other = try await stage.ask("/files/a", "Expect: the unexpected\r\n")
                #expect(other.status == 417 && other.text.contains("EXPECTATION_FAILED"))
                await client.close()
            }
        }

        static let slow: [(bytes: String, after: Int, status: Int?)] = [
            ("GET /files/a HT", 0, 408), ("", 0, nil), ("GET /files/a HTTP/1.1\r\nHost: p\r\nA", 1, 408), ("", 1, nil),
            ("GET /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 9\r\n\r\nabc", 0, 408),
        ]

        @Test("HTTP-6: slow clients are told 408, silent ones are closed", arguments: slow.indices)
        func slowClients(index: Int) async throws {
            let row = Self.slow[index]
            let change: (inout Stage.Plan) -> Void = {
                $0.server.headerTimeout = .milliseconds(200)
                $0.server.idleTimeout = .milliseconds(300)
                $0.server.bodyIdleTimeout = .milliseconds(200)
            }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                let client = try await stage.client()
                for _ in 0..<row.after {
                    let reply = try await client.ask("/files/a")
                    #expect(reply.status == 200)
                }
                if !row.bytes.isEmpty { try await client.send(row.bytes) }
                _ = try await client.end(within: .seconds(5))
                var received = client.watched.state.received
                let reply = Reply.take(from: &received, isHead: false, hasEnded: true)
                #expect(reply?.status == row.status)
            }
        }

        @Test("HTTP-6: a header that drips in does not outlive its time")
        func drip() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.headerTimeout = .milliseconds(200) }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                let client = try await stage.client()
                client.push(Array("GET /files/a HTTP/1.1\r\n".utf8))
                for _ in 0..<200 where client.watched.state.total == 0 {
                    client.push(Array("A: b\r\n".utf8))
                    try await Task.sleep(for: .milliseconds(10))
                }
                let reply = try await client.reply()
                #expect(reply.status == 408)
                await client.close()
            }
        }
    }
}
