import Exchange
import NIOCore
import Resilience
import Server
import Settings
import Telemetry
import Testing
import Transport

extension Journeys {
    /// What operators see (OBS-1, OBS-2, OBS-3).
    @Suite struct Observability {
        @Test("OBS-1, OBS-3: an origin's change is logged once, with its reason, whoever found it")
        func originChanges() async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                #expect(try await stage.ask("/files/a").status == 200)
                origin.answer { _ in [.close] }
                for _ in 0..<3 { #expect(try await stage.ask("/files/a").status == 502) }
                origin.answer { _ in [Say.ok()] }
                for _ in 0..<3 { #expect(try await stage.ask("/files/a").status == 200) }
                var changes: [Substring] = []
                try await stage.until("three changes in the log") {
                    changes = try await stage.logText(requests: 7).split(separator: "\n")
                        .filter { $0.contains("\"message\":\"origin is") }
                    return changes.count >= 3
                }
                #expect(changes.map { $0.contains("origin is ready") } == [true, false, true])
                #expect(changes[1].contains("\"level\":\"WARN\"") && changes[1].contains("\"bucket\":\"files\""))
                #expect(changes[1].contains("ORIGIN_UNREACHABLE the connection ended before a response"))
            }
        }

        @Test("OBS-3: /ready turns 503 when the origin is gone, and back")
        func ready() async throws {
            try await Stage.run({ _ in [Say.error(404, "NoSuchKey")] }) { stage, origin in
                let client = try await stage.client()
                let first = try await client.ask("/ready")
                #expect(first.status == 503, "nothing is known yet, and nobody waits for the probe")
                try await stage.until("ready") { try await client.ask("/ready").status == 200 }
                let body = try await client.ask("/ready").text
                #expect(
                    body == """
                        {"status":"ready","backends":{"files":{"status":"ready","replicas":{"default":"healthy"}}}}

                        """)
                let scripts: [ScriptedOrigin.Script] = [{ _ in [.close] }, { _ in [Say.error(500, "InternalError")] }]
                for script in scripts {
                    origin.answer(script)
                    try await stage.until("unavailable") { try await client.ask("/ready").status == 503 }
                    #expect(stage.gauge(.backendHealth, labels: ["files"]) == 0)
                    origin.answer { _ in [Say.error(404, "NoSuchKey")] }
                    try await stage.until("ready again") { try await client.ask("/ready").status == 200 }
                    #expect(stage.gauge(.backendHealth, labels: ["files"]) == 1)
                }
                let head = try await client.ask("/ready", method: "HEAD")
                #expect(head.status == 200 && head.body.isEmpty)
                let log = try await stage.logText()
                #expect(log.contains("\"origin is not ready\"") && log.contains("\"origin is ready\""))
                await client.close()
            }
        }

        static let probes: [(step: ScriptedOrigin.Step, isReady: Bool)] = [
            (Say.error(404, "NoSuchKey"), true), (Say.error(403, "AccessDenied"), true), (Say.ok(), true),
            (Say.error(404, "NoSuchBucket"), false), (Say.error(403, "SignatureDoesNotMatch"), false),
            (Say.error(403, "InvalidAccessKeyId"), false), (Say.error(503, "SlowDown"), false),
            (Say.bare(500), false), (.send("nonsense\r\n\r\n"), false),
        ]

        @Test("OBS-3: what a probe's answer says, and a client's request says the same", arguments: probes.indices)
        func probe(index: Int) async throws {
            let row = Self.probes[index]
            try await Stage.run({ _ in [row.step] }) { stage, origin in
                let client = try await stage.client()
                _ = try await client.ask("/ready")
                try await origin.watched.wait("the probe") { $0.requests.count == 1 }
                let expected = row.isReady ? 200 : 503
                try await stage.until("known") { try await client.ask("/ready").status == expected }
                _ = try await client.ask("/files/a")
                let after = try await client.ask("/ready")
                #expect(after.status == expected, "a request does not contradict the probe")
                #expect(origin.requests[0].target == "/store/.well-known/yatagarasu-probe")
                await client.close()
            }
        }

        @Test("OBS-3: probes do not multiply")
        func probesAreShared() async throws {
            try await Stage.run({ _ in [.hold, Say.error(404, "NoSuchKey")] }) { stage, origin in
                let client = try await stage.client()
                for _ in 0..<50 { _ = try await client.ask("/ready") }
                origin.go()
                try await stage.until("ready") { try await client.ask("/ready").status == 200 }
                #expect(origin.requests.count == 1)
                await client.close()
            }
        }

        @Test("OBS-1: one line for each request, whatever became of it, that names it as the client saw it")
        func accessLog() async throws {
            let script: ScriptedOrigin.Script = { [$0.target.contains("no") ? Say.error(404, "NoSuchKey") : Say.ok()] }
            try await Stage.run(script) { stage, _ in
                var ids: [String] = []
                for target in [
                    "/files/a%20b", "/files/no?X-Amz-Signature=abc123secret", "/health", "/nowhere", "/files/%zz",
                ] {
                    let reply = try await stage.ask(target, "User-Agent: agent\r\nAuthorization: Bearer t0ken\r\n")
                    ids.append(reply["x-request-id"] ?? "")
                }
                let client = try await stage.client()
                client.push(Array("nonsense\r\n\r\n".utf8))
                ids.append(try await client.reply()["x-request-id"] ?? "")
                await client.close()
                let log = try await stage.logText(requests: 6)
                let lines = log.split(separator: "\n").filter { $0.contains("\"message\":\"request\"") }
                #expect(lines.count == 6)
                for (id, line) in zip(ids, lines) { #expect(line.contains("\"request_id\":\"\(id)\"")) }
                #expect(lines[0].contains("\"bucket\":\"files\",\"key\":\"a b\"") && lines[0].contains("\"bytes\":5"))
                #expect(
                    lines[1].contains("\"s3_error_code\":\"NoSuchKey\"") && lines[1].contains("\"origin_status\":404"))
                #expect(lines[4].contains("the path has a percent sign without two hexadecimal digits"))
                #expect(lines[5].contains("\"status\":400"))
                #expect(!log.contains("abc123secret") && !log.contains("t0ken"))
            }
        }

        /// Families that only the program itself moves (its start, end and configuration), not a request.
        static let others: Set<String> = [
            "config_generation", "yatagarasu_build_info", "yatagarasu_shutdown_duration_seconds",
            "yatagarasu_event_loop_lag_seconds", "yatagarasu_log_lines_dropped_total",
            "yatagarasu_metric_series_rejected_total",
        ]

        /// Families of an allocator that is not linked.
        #if Jemalloc
        static let absent: Set<String> = []
        #else
        static let absent: Set<String> = ["yatagarasu_memory_allocated_bytes", "yatagarasu_memory_resident_bytes"]
        #endif

        /// What moves only with a cache has scenes of its own.
        private static func isOfTheCache(_ family: String) -> Bool {
            family.hasPrefix("yatagarasu_cache_") || family.hasPrefix("yatagarasu_redis_")
        }

        @Test("OBS-2: every family of the catalogue moves")
        func everyFamilyMoves() async throws {
            let script: ScriptedOrigin.Script = { seen in
                if seen.target.hasSuffix("stale"), seen.serial > 0 { return [.close] }
                if seen.target.hasSuffix("hold") { return [.hold, Say.ok()] }
                return [seen.target.hasSuffix("no") ? Say.error(404, "NoSuchKey") : Say.ok()]
            }
            let origin = try await ScriptedOrigin.start(script)
            let gone = try await ScriptedOrigin.start { _ in [] }
            var plan = Stage.Plan([
                .init(port: origin.port), .init("gone", at: "/gone", port: gone.port),
                .init("more", at: "/more", port: origin.port), .init("few", at: "/few", port: origin.port),
                .init("shut", at: "/shut", port: origin.port),
            ])
            plan.buckets[4].settings.ipFilter.blocklist = [try AddressBlock(parsing: "127.0.0.0/8")]
            var limit = RateSettings()
            limit.requestsPerSecond = 1
            plan.buckets[3].settings.s3.rateLimit = limit
            plan.server.securityLimits.rejectsSQLLikePaths = true
            await gone.stop()
            (plan.limits.maxConnections, plan.limits.maxWaiting) = (1, 0)
            plan.server.maxConcurrentRequests = 2
            plan.server.maxConnections = 6
            let guarded = try await GuardedPair.start()
            guarded.join(&plan, origin: origin.port)
            plan.jwt.jwksURL = ServiceURL("http://127.0.0.1:\(origin.port)/keys")
            plan.jwt.jwksRefreshInterval = .milliseconds(10)
            try await Stage.run(plan) { stage in
                let before = Self.values(try await stage.ask("/metrics").text)
                try await guarded.walk(stage)
                let held = try await Self.scenario(stage, origin)
                let after = Self.values(try await stage.ask("/metrics").text)
                await held.close()
                let moved = Set(after.filter { before[$0.key] != $0.value }.keys.map(Self.family))
                let expected = Set(MetricCatalogue.families.map(\.name)).subtracting(Self.others.union(Self.absent))
                    .filter { !Self.isOfTheCache($0) }
                    .subtracting(["process_max_fds", "process_start_time_seconds", "yatagarasu_memory_mapped_bytes"])
                #expect(expected.subtracting(moved) == [])
                let present = Set(after.keys.map(Self.family))
                #expect(present.isSuperset(of: ["process_max_fds", "process_start_time_seconds"]))
            }
            await origin.stop()
            await guarded.stop()
        }

        /// Something of every kind that a request can meet; leaves one request in flight, so that gauges show.
        private static func scenario(_ stage: Stage, _ origin: ScriptedOrigin) async throws -> Client {
            let refusals = [
                "GET /files/\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: p\r\n\r\n",
                "GET /files/a HTTP/1.1\r\nHost: p\r\nA: \(String(repeating: "a", count: 70_000))\r\n\r\n",
                "nonsense\r\n\r\n", "GET /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 99999999999\r\n\r\n",
            ]
            for request in refusals {
                let client = try await stage.client()
                client.push(Array(request.utf8))
                _ = try await client.reply()
                await client.close()
            }
            for target in [
                "/files/a", "/files/stale", "/files/no", "/files/../x", "/gone/a", "/few/a", "/few/a", "/shut/a",
                "/files/'OR'", "/ready",
            ] {
                _ = try await stage.ask(target)
            }
            try await stage.until("the others left") { stage.gauge(.activeConnections) == 0 }
            var busy: [Client] = []
            for _ in 0..<6 { busy.append(try await stage.client()) }
            try await busy[0].send("GET /files/hold HTTP/1.1\r\nHost: p\r\n\r\n")
            try await stage.until("the pool is taken") { stage.gate.inUse == 1 }
            _ = try await busy[1].ask("/files/b")
            try await busy[2].send("GET /gone/hold HTTP/1.1\r\nHost: p\r\n\r\n")
            _ = try await busy[2].reply()
            _ = try await stage.ask("/files/over")
            await busy[0].close()
            try await stage.until("the leaver is counted") { stage.count(.clientDisconnects) == 1 }
            return try await fillGate(stage, busy, origin)
        }

        private static func fillGate(
            _ stage: Stage, _ busy: [Client], _ origin: ScriptedOrigin
        ) async throws -> Client {
            try await busy[1].send("GET /files/hold HTTP/1.1\r\nHost: p\r\n\r\n")
            try await busy[2].send("GET /more/hold HTTP/1.1\r\nHost: p\r\n\r\n")
            try await stage.until("the gate is full") { stage.gate.inUse == 2 }
            _ = try await busy[3].ask("/files/c")
            origin.go()
            for client in busy[1...2] { _ = try await client.reply() }
            for client in busy[2...] { await client.close() }
            try await busy[1].send("GET /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 5\r\n\r\n")
            try await stage.until("one is in flight") { stage.gauge(.requestsInFlight) == 1 }
            return busy[1]
        }

        private static func values(_ text: String) -> [String: String] {
            var values: [String: String] = [:]
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                guard let space = line.lastIndex(of: " ") else { continue }
                values[String(line[..<space])] = String(line[line.index(after: space)...])
            }
            return values
        }

        private static func family(_ series: String) -> String {
            var name = series.prefix { $0 != "{" }
            for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix("_seconds" + suffix) {
                name = name.dropLast(suffix.count)
            }
            return String(name)
        }
    }
}
