import NIOCore
import Resilience
import Settings
import Telemetry
import Testing
import Transport

extension Journeys {
    /// Connections to origins: kept, bounded, waited for, given up (S3-6).
    @Suite struct Pools {
        @Test("S3-6, HTTP-1: one client connection and one origin connection serve a hundred requests")
        func reuse() async throws {
            try await Stage.run({ [Say.ok($0.method == "HEAD" ? "" : "hello")] }) { stage, origin in
                let client = try await stage.client()
                for number in 0..<100 {
                    let reply = try await client.ask("/files/\(number)", method: number % 3 == 0 ? "HEAD" : "GET")
                    #expect(reply.status == 200)
                }
                #expect(origin.watched.state.opened == 1 && origin.requests.count == 100)
                #expect(stage.count(.originConnects, labels: ["files"]) == 1)
                #expect(stage.origin("open") == 1 && stage.origin("idle") == 1)
                await client.close()
            }
        }

        @Test("S3-6: a kept connection that the origin closed under the request costs one silent retry, never two")
        func stale() async throws {
            let script: ScriptedOrigin.Script = { $0.serial == 0 ? [Say.ok()] : [.close] }
            try await Stage.run(script) { stage, origin in
                let client = try await stage.client()
                for _ in 0..<3 {
                    let reply = try await client.ask("/files/a")
                    #expect(reply.status == 200)
                }
                #expect(origin.requests.map(\.serial) == [0, 1, 0, 1, 0])
                #expect(stage.count(.originStaleRetries, labels: ["files"]) == 2)
                origin.answer { _ in [.close] }
                let failed = try await client.ask("/files/a")
                #expect(failed.status == 502 && failed.text.contains("ORIGIN_UNREACHABLE"))
                #expect(origin.requests.count == 7, "the second connection is new, so its end means something else")
                await client.close()
            }
        }

        static let ends: [(steps: [ScriptedOrigin.Step], requests: Int, code: String)] = [
            ([.reset], 2, "ORIGIN_UNREACHABLE"), ([.close], 2, "ORIGIN_UNREACHABLE"),
            ([.send("HTTP/1.1 200"), .close], 1, "ORIGIN_UNREACHABLE"),
            ([.send("H"), .pause(5), .reset], 1, "ORIGIN_UNREACHABLE"),
            ([.send("HTTP/1.1 100 Continue\r\n\r\n"), .close], 1, "ORIGIN_UNREACHABLE"),
        ]

        @Test("S3-6: once bytes were seen nothing is sent again", arguments: ends.indices)
        func seenBytes(index: Int) async throws {
            let row = Self.ends[index]
            try await Stage.run({ _ in [Say.ok()] }) { stage, origin in
                _ = try await stage.ask("/files/a")
                origin.answer { _ in row.steps }
                let reply = try await stage.ask("/files/a")
                #expect(reply.status == 502 && reply.text.contains(row.code))
                #expect(origin.requests.count == 1 + row.requests)
            }
        }

        @Test(
            "S3-6: an idle connection that ends or speaks is forgotten",
            arguments: [
                [ScriptedOrigin.Step.close], [.reset], [.send("HTTP/1.1 408 X\r\n\r\n")],
            ])
        func idleEnds(steps: [ScriptedOrigin.Step]) async throws {
            try await Stage.run({ _ in [Say.ok(), .pause(30)] + steps }) { stage, origin in
                let client = try await stage.client()
                for number in 1...3 {
                    let reply = try await client.ask("/files/a")
                    #expect(reply.status == 200)
                    try await stage.until("the pool forgets") { stage.origin("open") == 0 && stage.origin("idle") == 0 }
                    #expect(origin.watched.state.opened == number)
                }
                #expect(stage.count(.originStaleRetries, labels: ["files"]) == 0)
                await client.close()
            }
        }

        @Test(
            "S3-6: an unused connection is closed after its time, however its last answer came",
            arguments: [
                [Say.ok()], [Say.head(5), .pause(30), .send("hello")], [Say.ok("")],
                [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), .pause(20), .send("0\r\n\r\n")],
            ])
        func idleExpiry(steps: [ScriptedOrigin.Step]) async throws {
            try await Stage.run({ _ in steps }, { $0.limits.idleTimeout = .milliseconds(150) }) { stage, origin in
                let reply = try await stage.ask("/files/a")
                #expect(reply.status == 200)
                try await origin.watched.wait("the idle connection's end", within: .seconds(5)) { $0.closed == 1 }
                try await stage.until("none open") { stage.origin("open") == 0 }
            }
        }

        @Test("S3-6: the pool is bounded; who finds it full waits in turn, and the queue's end is 503")
        func bound() async throws {
            let script: ScriptedOrigin.Script = { _ in [.hold, Say.ok()] }
            try await Stage.run(script, { ($0.limits.maxConnections, $0.limits.maxWaiting) = (2, 3) }) {
                stage, origin in
                var clients: [Client] = []
                for number in 0..<5 {
                    let client = try await stage.client()
                    try await client.send("GET /files/\(number) HTTP/1.1\r\nHost: p\r\n\r\n")
                    clients.append(client)
                    try await stage.until("taken or waiting") {
                        stage.origin("open") + stage.origin("waiting") == number + 1
                    }
                }
                #expect(stage.origin("open") == 2 && stage.origin("waiting") == 3)
                let refused = try await stage.ask("/files/x")
                #expect(refused.status == 503 && refused["retry-after"] == "5" && refused.text.contains("ORIGIN_BUSY"))
                #expect(stage.count(.poolRejections, labels: ["files"]) == 1)
                origin.go()
                for client in clients {
                    #expect(try await client.reply().status == 200)
                    await client.close()
                }
                #expect(origin.requests.map(\.target).sorted() == (0..<5).map { "/store/\($0)" })
                #expect(Set(origin.requests.prefix(2).map(\.target)) == ["/store/0", "/store/1"])
                #expect(origin.watched.state.opened == 2)
            }
        }

        @Test(
            "S3-6: answers without a body go to who asked for them while others wait for the connection",
            arguments: [
                "HEAD", "GET",
            ])
        func emptyBodies(method: String) async throws {
            let script: ScriptedOrigin.Script = { seen in
                let number = seen.target.split(separator: "/").last ?? ""
                if seen.target.hasSuffix("0") { return [Say.ok("", "ETag: \"\(number)\"\r\n")] }
                return [Say.ok(method == "HEAD" ? "" : "body \(number)", "ETag: \"\(number)\"\r\n")]
            }
            try await Stage.run(script, { ($0.limits.maxConnections, $0.limits.maxWaiting) = (1, 100) }) {
                stage, origin in
                var clients: [Client] = []
                for number in 10..<40 {
                    let client = try await stage.client()
                    clients.append(client)
                    try await client.send("\(method) /files/\(number) HTTP/1.1\r\nHost: p\r\n\r\n")
                }
                for (number, client) in zip(10..<40, clients) {
                    let reply = try await client.reply(isHead: method == "HEAD")
                    #expect(reply.status == 200 && reply["etag"] == "\"\(number)\"")
                    #expect(reply.text == (method == "HEAD" || number % 10 == 0 ? "" : "body \(number)"))
                    await client.close()
                }
                #expect(origin.watched.state.opened == 1)
            }
        }

        @Test("S3-6, S3-5: who waits for a connection too long gets 504, who leaves is forgotten")
        func waiting() async throws {
            let script: ScriptedOrigin.Script = { _ in [.hold, Say.ok()] }
            let change: (inout Stage.Plan) -> Void = {
                $0.limits.maxConnections = 1
                $0.server.requestTimeout = .milliseconds(400)
            }
            try await Stage.run(script, change) { stage, origin in
                let first = try await stage.client()
                try await first.send("GET /files/1 HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("taken") { stage.origin("open") == 1 }
                let leaver = try await stage.client()
                try await leaver.send("GET /files/2 HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("waiting") { stage.origin("waiting") == 1 }
                await leaver.close()
                try await stage.until("gone") { stage.origin("waiting") == 0 }
                let late = try await stage.ask("/files/3")
                #expect(late.status == 504 && late.text.contains("\"code\":\"TIMEOUT\""))
                #expect(try await first.reply().status == 504)
                await first.close()
                #expect(!origin.requests.contains { $0.target == "/store/2" })
            }
        }

        @Test("S3-6, HTTP-3: a connection that is made for somebody who leaves is given up")
        func leavingWhileConnecting() async throws {
            // Nobody answers the handshake.
            let origin = try await ScriptedOrigin.start { _ in [] }
            var plan = Stage.Plan([.init(port: origin.port, tls: true)])
            plan.limits.maxConnections = 1
            try await Stage.run(plan) { stage in
                let leaver = try await stage.client()
                try await leaver.send("GET /files/1 HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("connecting") { stage.origin("open") == 1 }
                let next = try await stage.client()
                try await next.send("GET /files/2 HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("in line") { stage.origin("waiting") == 1 }
                await leaver.close()
                try await stage.until("the next one's turn") {
                    stage.origin("waiting") == 0 && origin.watched.state.opened == 2
                }
                await next.close()
                try await stage.until("none open") { stage.origin("open") == 0 && stage.gate.inUse == 0 }
            }
            await origin.stop()
        }

        @Test("S3-5: an origin that refuses connections is 502, and leaves nothing open")
        func refused() async throws {
            let origin = try await ScriptedOrigin.start { _ in [] }
            let plan = Stage.Plan([.init(port: origin.port)])
            await origin.stop()
            try await Stage.run(plan) { stage in
                for _ in 0..<3 {
                    let reply = try await stage.ask("/files/a")
                    #expect(reply.status == 502 && reply.text.contains("ORIGIN_UNREACHABLE"))
                }
                #expect(stage.count(.originConnectFailures, labels: ["files"]) == 3)
                #expect(stage.origin("open") == 0)
            }
        }

        @Test("S3-6: failed TLS handshakes are counted once, so that the bound stays true")
        func handshakes() async throws {
            let origin = try await ScriptedOrigin.start { _ in [] }
            origin.watched.change { $0.greeting = "SSH-2.0-no\r\n" }
            try await Stage.run(Stage.Plan([.init(port: origin.port, tls: true)])) { stage in
                for _ in 0..<3 {
                    let reply = try await stage.ask("/files/a")
                    #expect(reply.status == 502)
                }
                #expect(stage.origin("open") == 0, "not below nothing")
                #expect(stage.count(.originConnectFailures, labels: ["files"]) == 3)
            }
            await origin.stop()
        }

        @Test("S3-6, S3-5: who inherits a place in the pool keeps its own time for the connecting")
        func inheritedPlace() async throws {
            let origin = try await ScriptedOrigin.start { _ in [] }
            var plan = Stage.Plan([.init(port: origin.port, tls: true)])
            plan.limits.maxConnections = 1
            plan.server.requestTimeout = .milliseconds(300)
            try await Stage.run(plan) { stage in
                var clients: [Client] = []
                for _ in 0..<3 {
                    let client = try await stage.client()
                    clients.append(client)
                    try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                    try await Task.sleep(for: .milliseconds(20))
                }
                for client in clients {
                    let reply = try await client.reply(within: .seconds(5))
                    #expect(reply.status == 504)
                    await client.close()
                }
            }
            await origin.stop()
        }

        @Test("S3-6: who must send again is not turned away because the line is full")
        func staleBeforeAFullLine() async throws {
            let script: ScriptedOrigin.Script = {
                if $0.serial == 0 || $0.target == "/store/b" { return [Say.ok()] }
                return $0.connection == 0 ? [.hold, .close] : [.pause(200), Say.ok()]
            }
            try await Stage.run(script, { ($0.limits.maxConnections, $0.limits.maxWaiting) = (1, 1) }) {
                stage, origin in
                #expect(try await stage.ask("/files/a").status == 200)
                let (first, second) = (try await stage.client(), try await stage.client())
                try await first.send("GET /files/c HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("taken") { stage.gate.inUse == 1 && stage.origin("idle") == 0 }
                try await second.send("GET /files/b HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("in line") { stage.origin("waiting") == 1 }
                origin.go()
                for client in [first, second] {
                    #expect(try await client.reply().status == 200)
                    await client.close()
                }
            }
        }

        @Test("S3-6: in a full pool the retry outlives kept connections that end too")
        func staleInFullPool() async throws {
            // Every connection serves one request and ends under the next, while there are always some in line.
            let script: ScriptedOrigin.Script = { $0.serial == 0 ? [.pause(1), Say.ok()] : [.close] }
            try await Stage.run(script, { ($0.limits.maxConnections, $0.limits.maxWaiting) = (2, 100) }) { stage, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<12 {
                        group.addTask {
                            let client = try await stage.client()
                            for number in 0..<10 {
                                let reply = try await client.ask("/files/\(number)")
                                #expect(reply.status == 200)
                            }
                            await client.close()
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(stage.count(.originStaleRetries, labels: ["files"]) > 0)
            }
        }
    }
}
