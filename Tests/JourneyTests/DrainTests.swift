import Admin
import NIOCore
import Settings
import Telemetry
import Testing

@testable import Server

extension Journeys {
    /// The graceful end (REL-2).
    @Suite struct Drains {
        @Test("REL-2: requests in flight finish, new ones on kept connections get 503 and close, new connections none")
        func graceful() async throws {
            try await Stage.run({ _ in [Say.head(5), .send("he"), .hold, .send("llo")] }) { stage, origin in
                let busy = try await stage.client()
                try await busy.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await busy.watched.wait("the first bytes") { $0.total > 0 }
                let kept = try await stage.client()
                let health = try await kept.ask("/health")
                #expect(health.status == 200 && health["connection"] == nil)
                stage.lifecycle.beginEnding()
                let ready = try await kept.ask("/ready")
                #expect(ready.status == 503)
                await stage.server.closeListeners()
                async let report = stage.server.drain(timeout: .seconds(20))
                try await Task.sleep(for: .milliseconds(50))
                let refused = try await kept.ask("/files/b")
                #expect(refused.status == 503 && refused["connection"] == "close")
                #expect(refused.text.contains("\"code\":\"SHUTTING_DOWN\""))
                #expect(try await kept.end() == .closed)
                await #expect(throws: (any Error).self) { try await stage.client() }
                origin.go()
                #expect(try await busy.reply().text == "hello")
                _ = try await busy.end()
                #expect(await report == .init(inFlight: 1, cut: 0))
            }
        }

        @Test("REL-2, OBS-1: what does not finish in time is cut, counted and logged as such, and its origin let go")
        func cut() async throws {
            try await Stage.run({ _ in [Say.head(5), .send("he"), .hold] }) { stage, origin in
                var clients: [Client] = []
                for _ in 0..<3 {
                    let client = try await stage.client()
                    try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                    try await client.watched.wait("the first bytes") { $0.total > 0 }
                    clients.append(client)
                }
                #expect(await stage.server.inFlight() == 3)
                await stage.server.closeListeners()
                #expect(await stage.server.drain(timeout: .milliseconds(100)) == .init(inFlight: 3, cut: 3))
                for client in clients { _ = try await client.end() }
                try await origin.watched.wait("the origin sees the end") { $0.closed == 3 }
                let cuts = try await stage.logText(requests: 3).split(separator: "\n").filter {
                    $0.contains("\"error_detail\":\"cut when the time to drain was over\"")
                }
                #expect(cuts.count == 3 && cuts.allSatisfy { $0.contains("\"error_code\":\"SHUTTING_DOWN\"") })
            }
        }

        @Test("REL-2: with nothing in flight idle connections are closed and the drain ends at once")
        func idle() async throws {
            try await Stage.run({ _ in [Say.ok()] }) { stage, _ in
                var clients: [Client] = []
                for number in 0..<300 {
                    let client = try await stage.client()
                    if number % 2 == 0 { #expect(try await client.ask("/health").status == 200) }
                    clients.append(client)
                }
                try await stage.until("all accepted") { stage.gauge(.activeConnections) == 300 }
                await stage.server.closeListeners()
                #expect(await stage.server.drain(timeout: .seconds(20)) == .init(inFlight: 0, cut: 0))
                for client in clients { #expect(try await client.end() == .closed) }
                #expect(await stage.server.openConnections() == 0)
            }
        }

        @Test("REL-2: the last bytes reach a client that reads slowly, also when the answer is whole already")
        func unsentBytes() async throws {
            let size = 24 << 20
            try await Stage.run({ _ in [Say.head(size), .flood(size)] }) { stage, _ in
                let client = try await stage.client(receiveBuffer: 4_096)
                try await client.setReading(false)
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await stage.until("in flight") { await stage.server.inFlight() == 1 }
                await stage.server.closeListeners()
                async let report = stage.server.drain(timeout: .seconds(30))
                try await Task.sleep(for: .milliseconds(100))
                try await client.setReading(true)
                let reply = try await client.reply(within: .seconds(30))
                #expect(reply.body.count == size)
                #expect(await report == .init(inFlight: 1, cut: 0))
            }
        }
    }
}
