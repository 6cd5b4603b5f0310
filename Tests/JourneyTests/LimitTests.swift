import NIOCore
import Resilience
import Server
import Settings
import Telemetry
import Testing
import Transport

extension Journeys {
    /// Limits of connections and requests, and the paths that pass them (HTTP-6, LIM-3).
    @Suite struct Limits {
        static let own = ["/health", "/ready", "/metrics"]

        @Test("HTTP-1: more requests at one time than tasks are kept for, and again")
        func manyAtOnce() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.limits.maxWaiting = 1_000 }
            try await Stage.run({ _ in [.hold, Say.ok("hello")] }, change) { stage, origin in
                for _ in 0..<2 {
                    origin.watched.change { $0.isHolding = true }
                    var clients: [Client] = []
                    for _ in 0..<300 {
                        let client = try await stage.client()
                        // The second of each waits behind the first.
                        try await client.send(String(repeating: "GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n", count: 2))
                        clients.append(client)
                    }
                    try await stage.until("all are inside") { stage.gate.inUse == 300 }
                    origin.go()
                    for client in clients {
                        for _ in 0..<2 { #expect(try await client.reply().text == "hello") }
                        await client.close()
                    }
                }
            }
        }

        @Test("HTTP-6, LIM-3: beyond the limit of requests 503 with Retry-After, the own paths excepted")
        func requests() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.maxConcurrentRequests = 2 }
            try await Stage.run({ _ in [.hold, Say.ok()] }, change) { stage, origin in
                let busy = try await [stage.client(), stage.client()]
                for client in busy { try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n") }
                try await stage.until("both in flight") { stage.gate.inUse == 2 }
                let client = try await stage.client()
                for method in ["GET", "HEAD", "OPTIONS", "GET"] {
                    let refused = try await client.ask("/files/a", method: method)
                    #expect(refused.status == 503 && refused["retry-after"] == "5")
                    if method == "GET" { #expect(refused.text.contains("\"code\":\"OVERLOADED\"")) }
                }
                for target in Self.own {
                    let own = try await client.ask(target)
                    #expect(own.status != 503 || own.text.contains("\"backends\""))
                }
                #expect(stage.count(.concurrencyLimitRejections) == 4)
                origin.go()
                for client in busy {
                    #expect(try await client.reply().status == 200)
                    await client.close()
                }
                let after = try await client.ask("/files/a")
                #expect(after.status == 200, "and there is room again")
                await client.close()
            }
        }

        @Test("HTTP-6: what is refused before the gate takes no place in it")
        func refusalsAreFree() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.maxConcurrentRequests = 1 }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                let client = try await stage.client()
                for _ in 0..<20 {
                    let statuses = [
                        try await client.ask("/files/a", method: "POST").status,
                        try await client.ask("/none").status, try await client.ask("/files/%zz").status,
                        try await client.ask("/files/a", "Expect: x\r\n").status,
                        try await client.ask("/files/a").status,
                    ]
                    #expect(statuses == [405, 404, 400, 417, 200])
                }
                try await stage.until("nobody is inside") { stage.gate.inUse == 0 }
                #expect(stage.gate.peak == 1)
                await client.close()
            }
        }

        @Test("HTTP-6, LIM-3: beyond the limit of connections 503 and close, the own paths excepted")
        func connections() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.maxConnections = 2 }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                let kept = try await [stage.client(), stage.client()]
                for client in kept { #expect(try await client.ask("/files/a").status == 200) }
                for target in Self.own {
                    let reply = try await stage.ask(target)
                    #expect(reply["connection"] == "close" && (reply.status == 200 || reply.text.contains("backends")))
                }
                let extra = try await stage.client()
                let refused = try await extra.ask("/files/a")
                #expect(refused.status == 503 && refused["retry-after"] == "5" && refused["connection"] == "close")
                #expect(try await extra.end() == .closed)
                #expect(stage.count(.connectionLimitRejections) == 1)
                await kept[0].close()
                try await stage.until("a place is free") { stage.gauge(.activeConnections) == 1 }
                let after = try await stage.ask("/files/a")
                #expect(after.status == 200)
                await kept[1].close()
            }
        }

        @Test("HTTP-6: beyond the reserve for the own paths connections are closed at once")
        func reserve() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.maxConnections = 1 }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                var clients: [Client] = []
                for _ in 0..<65 { clients.append(try await stage.client()) }
                try await stage.until("all accepted") { stage.gauge(.activeConnections) == 65 }
                // It may be closed before it is set up on this side.
                let extra = try? await stage.client()
                _ = try? await extra?.end()
                #expect((extra?.watched.state.total ?? 0) == 0)
                let reply = try await clients[64].ask("/health")
                #expect(reply.status == 200)
                for client in clients { await client.close() }
            }
        }

        @Test("OBS-2: with a listener of its own /metrics is there and nowhere else, and nothing else is there")
        func metricsListener() async throws {
            try await Stage.run({ _ in [Say.ok()] }, { $0.hasMetricsListener = true }) { stage, origin in
                let absent = try await stage.ask("/metrics")
                #expect(absent.status == 404 && absent.text.contains("NO_ROUTE"))
                let client = try await Client.connect(to: stage.metricsServer?.address)
                let scrape = try await client.ask("/metrics")
                #expect(scrape.status == 200 && scrape.text.contains("http_requests_total 1\n"))
                for (target, status) in [("/health", 200), ("/files/a", 404), ("/", 404), ("/files/%zz", 404)] {
                    let reply = try await client.ask(target)
                    #expect(reply.status == status)
                }
                #expect(origin.requests.isEmpty)
                await client.close()
            }
        }
    }
}
