import Exchange
import NIOCore
import Settings
import Telemetry
import Testing

extension Journeys {
    /// Who asks, from where, and how often (HTTP-6, HTTP-8, LIM-1).
    @Suite struct Admissions {
        private static let ok: ScriptedOrigin.Script = { _ in [Say.ok()] }

        /// The tests' clients connect from 127.0.0.1.
        private static func trust(_ plan: inout Stage.Plan) {
            plan.server.trustedProxies = ["127.0.0.0/8", "10.0.0.0/8"].compactMap { AddressBlock($0) }
        }

        private static func blocks(_ texts: String...) -> [AddressBlock] { texts.compactMap { AddressBlock($0) } }

        private static func limit(_ burst: Int) -> ClientRateSettings {
            var settings = ClientRateSettings()
            settings.requestsPerSecond = 1
            settings.burst = burst
            return settings
        }

        private static func rate(_ burst: Int) -> RateSettings {
            var settings = RateSettings()
            settings.requestsPerSecond = 1
            settings.burst = burst
            return settings
        }

        @Test(
            "HTTP-8, HTTP-7: what an untrusted peer says of itself changes nothing: not the log, a limit, a list or an id"
        )
        func spoofing() async throws {
            let change: (inout Stage.Plan) -> Void = {
                $0.server.trustedProxies = Self.blocks("10.0.0.0/8")
                $0.server.rateLimit.isEnabled = true
                $0.server.rateLimit.perIP = Self.limit(4)
                $0.buckets[0].settings.ipFilter.blocklist = Self.blocks("203.0.113.0/24")
                $0.buckets[0].settings.ipFilter.allowlist = Self.blocks("127.0.0.1")
            }
            try await Stage.run(Self.ok, change) { stage, _ in
                let id = "00112233-4455-4677-8899-aabbccddeeff"
                for number in 1...4 {
                    let lines =
                        "X-Forwarded-For: 203.0.113.\(number)\r\nForwarded: for=203.0.113.\(number)\r\nX-Request-ID: \(id)\r\n"
                    let reply = try await stage.ask("/files/a", lines)
                    #expect(reply.status == 200 && reply["x-request-id"] != id)
                }
                let reply = try await stage.ask("/files/a", "X-Forwarded-For: 203.0.113.99\r\n")
                #expect(reply.status == 429, "they are all one client")
                let log = try await stage.logText(requests: 5)
                #expect(log.matches(of: /"client_ip":"127\.0\.0\.1"/).count == 5 && !log.contains("203.0.113"))
            }
        }

        @Test(
            "HTTP-8: from a trusted peer the right-most untrusted address is the client, in the log, for limits and lists"
        )
        func forwarded() async throws {
            let change: (inout Stage.Plan) -> Void = {
                Self.trust(&$0)
                $0.server.rateLimit.isEnabled = true
                $0.server.rateLimit.perIP = Self.limit(2)
                $0.buckets[0].settings.ipFilter.blocklist = Self.blocks("203.0.113.7")
            }
            try await Stage.run(Self.ok, change) { stage, _ in
                let client = try await stage.client()
                for (lines, status) in [
                    ("X-Forwarded-For: 203.0.113.7, 192.0.2.1, 10.1.1.1\r\n", 200),
                    ("Forwarded: for=203.0.113.7, for=192.0.2.1;proto=https\r\n", 200),
                    ("X-Forwarded-For: 192.0.2.1\r\n", 429), ("X-Forwarded-For: 192.0.2.2\r\n", 200),
                    ("X-Forwarded-For: 203.0.113.7\r\n", 403), ("Forwarded: for=\"[2001:db8::7]:1\"\r\n", 200),
                    ("X-Forwarded-For: unknown\r\n", 200),
                ] {
                    let reply = try await client.ask("/files/a", lines)
                    #expect(reply.status == status, "\(lines)")
                }
                let log = try await stage.logText(requests: 7)
                let found = log.matches(of: /"client_ip":"([^"]*)"/).map { String($0.output.1) }
                let expected = [
                    "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "203.0.113.7", "2001:db8::7", "127.0.0.1",
                ]
                #expect(found == expected)
                #expect(stage.count(.addressDenied, labels: ["files"]) == 1)
                await client.close()
            }
        }

        @Test("HTTP-8: a request of contradictory hops is refused, and the proxy's own paths answer")
        func contradiction() async throws {
            try await Stage.run(Self.ok, { Self.trust(&$0) }) { stage, origin in
                let lines = "Forwarded: for=10.9.9.9\r\nX-Forwarded-For: 192.0.2.1\r\n"
                let client = try await stage.client()
                #expect(try await client.ask("/files/a", lines).status == 400)
                #expect(try await client.ask("/health", lines).status == 200)
                #expect(origin.requests.isEmpty)
                let log = try await stage.logText(requests: 2)
                #expect(log.contains("name different clients") && !log.contains("10.9.9.9"))
                await client.close()
            }
        }

        @Test("HTTP-7: a trusted peer may give the request its id, when that is one UUID")
        func ids() async throws {
            try await Stage.run(Self.ok, { Self.trust(&$0) }) { stage, _ in
                let id = "00112233-4455-1677-8899-AABBCCDDEEFF"
                for target in ["/files/a", "/none", "/health"] {
                    let reply = try await stage.ask(target, "X-Request-ID: \(id)\r\n")
                    #expect(reply["x-request-id"] == id.lowercased())
                    if target == "/none" { #expect(reply.text.contains(id.lowercased())) }
                }
                for lines in ["X-Request-ID: 7\r\n", "X-Request-ID: \(id)\r\nX-Request-ID: \(id)\r\n"] {
                    let reply = try await stage.ask("/files/a", lines)
                    #expect(reply.status == 200 && reply["x-request-id"]?.count == 36)
                    #expect(reply["x-request-id"] != id.lowercased())
                }
            }
        }

        @Test("LIM-1, LIM-3: beyond a limit 429 with Retry-After, while the proxy's own paths answer")
        func exhausted() async throws {
            let change: (inout Stage.Plan) -> Void = {
                $0.server.rateLimit.isEnabled = true
                $0.server.rateLimit.global = Self.rate(3)
                $0.server.rateLimit.perIP = Self.limit(2)
                $0.buckets[0].settings.s3.rateLimit = Self.rate(1)
                Self.trust(&$0)
            }
            try await Stage.run(Self.ok, change) { stage, origin in
                let client = try await stage.client()
                var replies: [Reply] = []
                for hop in [1, 1, 1, 2, 3] {
                    replies.append(try await client.ask("/files/a", "X-Forwarded-For: 192.0.2.\(hop)\r\n"))
                }
                #expect(replies.map(\.status) == [200, 429, 429, 429, 429])
                for refused in replies.dropFirst() {
                    #expect(refused["retry-after"] == "1" && refused.text.contains("\"code\":\"RATE_LIMITED\""))
                    #expect(refused.text.contains("\"error\":\"Too Many Requests\""))
                }
                for target in Limits.own {
                    for _ in 0..<5 {
                        let own = try await client.ask(target, "X-Forwarded-For: 192.0.2.1\r\n")
                        #expect(own.status == 200 || own.text.contains("\"backends\""))
                    }
                }
                #expect(origin.requests.filter { $0.method == "GET" }.count == 1)
                let limited = stage.registry.counter(.rateLimitedRequests)
                let counts = RateLimitLabel.allCases.map { stage.registry.total(limited, at: $0.rawValue) }
                #expect(counts == [1, 1, 2, 0], "global, ip, bucket, user")
                #expect(stage.count(.rateLimitExceeded, labels: ["files"]) == 2)
                #expect(stage.count(.rateLimitExceeded, labels: [""]) == 2)
                let metrics = try await client.ask("/metrics").text
                #expect(metrics.contains("yatagarasu_rate_limited_requests_total{limit=\"global\"} 1\n"))
                let log = try await stage.logText(requests: 21)
                #expect(log.contains("\"error_detail\":\"the rate limit of the client's address is reached\""))
                await client.close()
            }
        }

        @Test("LIM-1: every method counts, and after the time that was told there is room again")
        func again() async throws {
            let change: (inout Stage.Plan) -> Void = {
                $0.server.rateLimit.isEnabled = true
                $0.server.rateLimit.perIP = Self.limit(2)
            }
            try await Stage.run(Self.ok, change) { stage, _ in
                let client = try await stage.client()
                var statuses: [Int] = []
                for method in ["POST", "OPTIONS", "GET"] {
                    statuses.append(try await client.ask("/files/a", method: method).status)
                }
                #expect(statuses == [405, 200, 429])
                try await Task.sleep(for: .milliseconds(1_050))
                #expect(try await client.ask("/files/a").status == 200)
                await client.close()
            }
        }

        @Test("HTTP-8: who is on no list of the bucket gets 403 and nothing of it, whatever is asked")
        func lists() async throws {
            let origin = try await ScriptedOrigin.start(Self.ok)
            var plan = Stage.Plan([
                .init(port: origin.port), .init("open", at: "/open", port: origin.port),
            ])
            plan.buckets[0].settings.ipFilter.allowlist = Self.blocks("192.0.2.0/24", "::1")
            try await Stage.run(plan) { stage in
                let client = try await stage.client()
                for (method, target) in [
                    ("GET", "/files/a"), ("HEAD", "/files/a"), ("GET", "/files/"), ("GET", "/files/a?versionId=1"),
                    ("OPTIONS", "/files/a"),
                ] {
                    let denied = try await client.ask(target, method: method, "Range: bytes=0-0\r\n")
                    #expect(denied.status == 403, "\(method) \(target)")
                    if method == "GET" { #expect(denied.text.contains("\"code\":\"ADDRESS_DENIED\"")) }
                }
                #expect(origin.requests.isEmpty)
                #expect(try await client.ask("/open/a").status == 200)
                #expect(stage.count(.addressDenied, labels: ["files"]) == 5)
                #expect(stage.count(.addressDenied, labels: ["open"]) == 0)
                await client.close()
            }
            await origin.stop()
        }

        @Test(
            "HTTP-6: legal keys that look like SQL are served, unless the operator turns the filter on",
            arguments: [false, true])
        func sqlLikePaths(isOn: Bool) async throws {
            try await Stage.run(Self.ok, { $0.server.securityLimits.rejectsSQLLikePaths = isOn }) { stage, origin in
                let client = try await stage.client()
                for path in ["/files/a'%20OR%20'1'='1", "/files/a%3B%20DROP%20TABLE%20x", "/files/UNION+SELECT+1"] {
                    let reply = try await client.ask(path)
                    #expect(reply.status == (isOn ? 400 : 200), "\(path)")
                    if isOn { #expect(reply.text.contains("\"code\":\"SUSPICIOUS_PATH\"")) }
                }
                #expect(try await client.ask("/files/O'Reilly/or.pdf").status == 200)
                #expect(origin.requests.count == (isOn ? 1 : 4))
                #expect(stage.count(.sqlInjectionBlocked) == (isOn ? 3 : 0))
                await client.close()
            }
        }
    }
}
