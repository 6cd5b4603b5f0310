import Settings
import Testing

/// Everything that runs a proxy, one test after the other: their times are short and the machine may be busy.
@Suite(.serialized, .timeLimit(.minutes(2))) enum Journeys {}

extension Journeys {
    /// What passes between client and origin, and what does not.
    @Suite struct Forwarding {
        private static let fields = """
            x-amz-id-2: secretid\r
            x-amz-request-id: 4442587FB7D0A2F9\r
            Date: Fri, 24 Jul 2026 00:00:00 GMT\r
            Last-Modified: Fri, 24 Jul 2026 00:00:00 GMT\r
            ETag: "fba9dede5f27731c9771645a39863328"\r
            x-amz-version-id: v1.2\r
            x-amz-meta-Colour: gr\u{fc}n\r
            x-amz-server-side-encryption: AES256\r
            Cache-Control: max-age=60\r
            Content-Encoding: identity\r
            Content-Disposition: inline\r
            Content-Language: de\r
            Expires: Sat, 25 Jul 2026 00:00:00 GMT\r
            Accept-Ranges: bytes\r
            Content-Type: text/plain\r
            Server: AmazonS3\r
            Set-Cookie: a=b\r
            Keep-Alive: timeout=5\r
            Proxy-Authenticate: Basic\r
            X-Powered-By: something\r
            Connection: keep-alive\r

            """

        private static let kept = [
            "last-modified", "etag", "x-amz-version-id", "x-amz-meta-colour", "cache-control", "content-encoding",
            "content-disposition", "content-language", "expires", "accept-ranges", "content-type",
        ]

        @Test("S3-4, HTTP-7: the object's fields pass, the origin's own stay behind", arguments: ["GET", "HEAD"])
        func fields(method: String) async throws {
            try await Stage.run({ [Say.ok($0.method == "GET" ? "hello" : "", Self.fields)] }) { stage, _ in
                let reply = try await stage.ask("/files/a.txt", method: method)
                #expect(reply.status == 200 && reply.text == (method == "GET" ? "hello" : ""))
                #expect(reply.names == ["date", "content-length", "x-request-id"] + Self.kept)
                #expect(reply["etag"] == "\"fba9dede5f27731c9771645a39863328\"")
                #expect(reply.head.contains("\r\nx-amz-meta-Colour: gr\u{fc}n\r\n"))
                let id = try #require(reply["x-request-id"])
                #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            }
        }

        @Test("S3-3: nothing of the client's reaches the origin but what is asked")
        func requestFields() async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                let lines = """
                    Authorization: Bearer client-token\r
                    X-Amz-Security-Token: client\r
                    x-amz-meta-a: b\r
                    X-Amz-Date: 20200101T000000Z\r
                    Cookie: session=1\r
                    Proxy-Authorization: Basic x\r
                    X-Forwarded-For: 1.2.3.4\r
                    X-Request-ID: mine\r
                    User-Agent: agent\r
                    Accept-Encoding: gzip\r
                    Transfer-Encoding: chunked\r

                    """
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: proxy\r\n\(lines)\r\n0\r\n\r\n")
                let reply = try await client.reply()
                let seen = try #require(origin.requests.first)
                #expect(
                    Set(seen.names) == ["host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-request-id"])
                #expect(seen.names.count == 5)
                #expect(seen["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=\(Stage.accessKey)/") == true)
                #expect(seen["host"] == "127.0.0.1:\(origin.port)")
                #expect(seen["x-request-id"] == reply["x-request-id"] && reply["x-request-id"] != "mine")
                #expect(!seen.head.contains("client"))
                await client.close()
            }
        }

        static let targets: [(client: String, overrides: Bool, origin: String)] = [
            ("/files/a", false, "/store/a"),
            ("/files/a/b%20c+d/%C3%A4//e", false, "/store/a/b%20c%2Bd/%C3%A4//e"),
            ("/files/a%2Fb%252e", false, "/store/a/b%252e"),
            ("/files/a?versionId=3%2Fx&x-id=GetObject&list-type=2&acl", false, "/store/a?versionId=3%2Fx"),
            ("/files/a?response-content-type=text/html", false, "/store/a"),
            (
                "/files/a?versionId=1&response-content-type=text/html", true,
                "/store/a?response-content-type=text%2Fhtml&versionId=1"
            ),
            ("http://any.host/files/a?x=1", false, "/store/a"),
        ]

        @Test("S3-3, RTE-3: what the origin is asked for", arguments: targets)
        func target(row: (client: String, overrides: Bool, origin: String)) async throws {
            let origin = try await ScriptedOrigin.start { _ in [Say.ok()] }
            var plan = Stage.Plan([.init(port: origin.port)])
            plan.buckets[0].settings.s3.allowResponseOverrides = row.overrides
            try await Stage.run(plan) { stage in
                let client = try await stage.client()
                let host = row.client.hasPrefix("http") ? "any.host" : "proxy"
                try await client.send("GET \(row.client) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(try await client.reply().status == 200)
                #expect(origin.requests.map(\.target) == [row.origin])
                await client.close()
            }
            await origin.stop()
        }

        static let misses: [(target: String, status: Int, code: String)] = [
            ("/", 404, "NO_ROUTE"), ("/filesx/a", 404, "NO_ROUTE"), ("/other?/files/a", 404, "NO_ROUTE"),
            ("/files", 404, "NOT_FOUND"), ("/files/", 404, "NOT_FOUND"), ("/files?list-type=2", 404, "NOT_FOUND"),
            ("/files/../x", 400, "BAD_PATH"), ("/files/%2e%2E/x", 400, "BAD_PATH"),
            ("/files/a%5C..%5Cb", 400, "BAD_PATH"), ("/files/%zz", 400, "BAD_PATH"), ("/files/%00", 400, "BAD_PATH"),
            ("/files/a?versionId=%0a", 400, "BAD_REQUEST"), ("/files/a?versionId=1&versionId=2", 400, "BAD_REQUEST"),
            ("/files/a#b", 400, "BAD_REQUEST"),
        ]

        @Test("RTE-3, RTE-5, HTTP-6: what is no object never reaches the origin", arguments: misses)
        func miss(row: (target: String, status: Int, code: String)) async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                let reply = try await stage.ask(row.target)
                #expect(reply.status == row.status && reply.text.contains("\"code\":\"\(row.code)\""))
                #expect(reply.text.contains("\"request_id\":\"\(reply["x-request-id"] ?? "?")\""))
                #expect(origin.requests.isEmpty)
            }
        }

        @Test("RTE-1, RTE-5: the longest prefix decides, and the own paths win over a root bucket")
        func longestPrefix() async throws {
            let origins = try await [ScriptedOrigin.start { _ in [Say.ok("root")] }, .start { _ in [Say.ok("deep")] }]
            let plan = Stage.Plan([
                .init("root", at: "/", port: origins[0].port), .init("deep", at: "/a/b/", port: origins[1].port),
            ])
            try await Stage.run(plan) { stage in
                let rows = [
                    ("/a/bb/k", "root"), ("/a/b/k", "deep"), ("/a/b", "NOT_FOUND"), ("/health", "healthy"),
                ]
                for (target, text) in rows {
                    let reply = try await stage.ask(target)
                    #expect(reply.text.contains(text))
                }
                #expect(origins.flatMap(\.requests).map(\.target) == ["/store/a/bb/k", "/store/k"])
                let log = try await stage.logText(requests: 4)
                #expect(log.contains("\"bucket\":\"deep\",\"key\":\"k\""))
            }
            for origin in origins { await origin.stop() }
        }

        @Test(
            "HTTP-2: methods that write are refused, whatever they bring",
            arguments: [
                "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW",
            ])
        func methods(method: String) async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                let client = try await stage.client()
                for _ in 0..<2 {
                    try await client.send("\(method) /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 3\r\n\r\nabc")
                    let reply = try await client.reply()
                    #expect(reply.status == 405 && reply["allow"] == "GET, HEAD, OPTIONS")
                }
                #expect(origin.requests.isEmpty)
                await client.close()
            }
        }

        @Test("HTTP-2: CORS on preflights and on real answers, errors included")
        func cors() async throws {
            let origin = try await ScriptedOrigin.start {
                [$0.target.hasSuffix("no") ? Say.error(404, "NoSuchKey") : Say.ok()]
            }
            var plan = Stage.Plan([.init(port: origin.port)])
            plan.buckets[0].settings.cors.allowOrigins = ["https://a.example"]
            try await Stage.run(plan) { stage in
                let line = "Origin: https://a.example\r\n"
                let preflight = try await stage.ask("/files/a", method: "OPTIONS", line)
                #expect(preflight.status == 200 && preflight["access-control-allow-methods"] == "GET, HEAD, OPTIONS")
                for target in ["/files/a", "/files/no", "/files/%zz?"] {
                    let reply = try await stage.ask(target, line)
                    let isRouted = target != "/files/%zz?"
                    #expect(reply["access-control-allow-origin"] == (isRouted ? "https://a.example" : nil))
                    #expect(reply["vary"] == (isRouted ? "Origin" : nil))
                }
                #expect(try await stage.ask("/files/a", "Origin: https://b.example\r\n")["vary"] == "Origin")
                #expect(try await stage.ask("*", method: "OPTIONS").status == 200)
            }
            await origin.stop()
        }
    }
}
