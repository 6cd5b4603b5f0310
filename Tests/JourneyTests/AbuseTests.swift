import Exchange
import NIOCore
import Resilience
import Settings
import Telemetry
import Testing

extension Journeys {
    /// Clients and origins that mean no good, or leave at a bad moment (HTTP-3, HTTP-6, S3-5).
    @Suite struct Abuse {
        @Test("HTTP-3: clients that leave while bytes are sent to them leave nothing behind")
        func departures() async throws {
            let script: ScriptedOrigin.Script = { _ in [Say.head(3_000_000), .flood(3_000_000)] }
            try await Stage.run(script) { stage, _ in
                for round in 0..<40 {
                    let client = try await stage.client(receiveBuffer: 4_096)
                    try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                    try await client.watched.wait("some bytes") { $0.total > 1_000 * (round + 1) }
                    if round.isMultiple(of: 2) { await client.close() } else { await client.reset() }
                }
                try await stage.until("nobody is inside") {
                    stage.gate.inUse == 0 && stage.origin("open") == stage.origin("idle")
                }
            }
        }

        @Test("HTTP-6: a body that trickles in ends with the request's time, and holds no place meanwhile")
        func tricklingBody() async throws {
            let change: (inout Stage.Plan) -> Void = {
                $0.server.requestTimeout = .milliseconds(400)
                $0.server.bodyIdleTimeout = .milliseconds(300)
                $0.server.maxConcurrentRequests = 1
            }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\nContent-Length: 100000\r\n\r\n")
                for _ in 0..<30 where client.watched.state.received.isEmpty {
                    client.push([0x78])
                    try await Task.sleep(for: .milliseconds(50))
                    #expect(stage.gate.inUse == 0)
                }
                let late = try await client.reply()
                #expect(late.status == 408)
                let next = try await stage.ask("/files/a")
                #expect(next.status == 200)
                await client.close()
            }
        }

        @Test("S3-5: an error whose body trickles is told within the request's time")
        func tricklingError() async throws {
            let drip = (0..<100).flatMap { _ in [ScriptedOrigin.Step.send("x"), .pause(50)] }
            let head = ScriptedOrigin.Step.send("HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n")
            try await Stage.run({ _ in [head] + drip }, { $0.server.requestTimeout = .milliseconds(300) }) { stage, _ in
                let start = ContinuousClock.now
                let reply = try await stage.ask("/files/a")
                #expect(reply.status == 404)
                #expect(ContinuousClock.now - start < .seconds(3))
            }
        }

        @Test("HTTP-6: a client that says nothing has the time for a head, not the time of a kept connection")
        func silence() async throws {
            try await Stage.run({ _ in [] }, { $0.server.headerTimeout = .milliseconds(150) }) { stage, _ in
                let client = try await stage.client()
                let end = try await client.end(within: .seconds(5))
                #expect(end == .closed)
            }
        }
    }
}
