import Glibc
import NIOCore
import Settings
import Telemetry
import Testing
import Transport

extension Journeys {
    /// Transfers that stall, break, or lose their client (HTTP-3, REL).
    @Suite struct Transfers {
        @Test("HTTP-3: an answer that is cut takes none away that came before it")
        func cutBehindAnother() async throws {
            let script: ScriptedOrigin.Script = {
                if $0.target == "/store/whole" { return [Say.head(131_072), .flood(131_072)] }
                return $0.target == "/store/cut" ? [Say.head(5_000), .send("some"), .close] : [Say.ok()]
            }
            try await Stage.run(script) { stage, _ in
                let client = try await stage.client(isReading: false, receiveBuffer: 8_192)
                for key in ["whole", "cut"] { try await client.send("GET /files/\(key) HTTP/1.1\r\nHost: p\r\n\r\n") }
                _ = try await stage.logText(requests: 2)
                try await client.send("GET /files/late HTTP/1.1\r\nHost: p\r\n\r\n")
                try await client.setReading(true)
                #expect(try await client.end() == .closed)
                #expect(client.watched.state.total > 131_072)
            }
        }

        @Test(
            "S3-5: no head in time is 504, and the origin's connection is given up",
            arguments: [
                [ScriptedOrigin.Step.hold], [.send("HTTP/1.1 200 OK\r\nContent-"), .hold],
                [.send("HTTP/1.1 100 Continue\r\n\r\n"), .hold],
            ])
        func firstByte(steps: [ScriptedOrigin.Step]) async throws {
            try await Stage.run({ _ in steps }, { $0.limits.firstByteTimeout = .milliseconds(150) }) { stage, origin in
                let reply = try await stage.ask("/files/a")
                #expect(reply.status == 504 && reply.text.contains("\"code\":\"TIMEOUT\""))
                try await origin.watched.wait("the origin sees the end") { $0.closed == 1 }
                #expect(origin.requests.count == 1)
            }
        }

        @Test("S3-5: the request's own time bounds the head, not the transfer")
        func requestTimeout() async throws {
            let script: ScriptedOrigin.Script = {
                $0.target.hasSuffix("slow") ? [Say.head(5), .send("he"), .pause(500), .send("llo")] : [.hold]
            }
            try await Stage.run(script, { $0.server.requestTimeout = .milliseconds(200) }) { stage, _ in
                let late = try await stage.ask("/files/a")
                #expect(late.status == 504)
                let slow = try await stage.ask("/files/slow")
                #expect(slow.status == 200 && slow.text == "hello")
            }
        }

        private static let chunkedHead = ScriptedOrigin.Step.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

        static let broken: [[ScriptedOrigin.Step]] = [
            [Say.head(10), .send("hello"), .close], [Say.head(10), .send("hello"), .pause(10), .reset],
            [Say.head(10), .send("hello"), .hold], [chunkedHead, .close],
            [chunkedHead, .pause(30), .send("zz\r\n"), .hold],
            [chunkedHead, .send("5\r\nab"), .close], [chunkedHead, .hold],
        ]

        @Test(
            "HTTP-3, S3-5: a body that breaks or stalls ends the client's connection, so that it can tell",
            arguments: broken)
        func breaks(steps: [ScriptedOrigin.Step]) async throws {
            try await Stage.run({ _ in steps }, { $0.limits.bodyIdleTimeout = .milliseconds(150) }) { stage, origin in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                _ = try await client.end()
                let text = String(decoding: client.watched.state.received, as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("hello") && !text.hasSuffix("0\r\n\r\n"))
                try await origin.watched.wait("the origin sees the end") { $0.closed == 1 }
                let log = try await stage.logText()
                #expect(log.contains("\"status\":200") && log.contains("\"error_code\":"))
            }
        }

        @Test(
            "HTTP-3: towards HTTP/1.0 a broken body of unknown length ends with a reset, since a close would be its end"
        )
        func breaksOld() async throws {
            try await Stage.run({ _ in [Self.chunkedHead, .pause(20), .close] }) { stage, _ in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.0\r\n\r\n")
                #expect(try await client.end() == .reset)
            }
        }

        @Test("S3-5: an origin's whole answer may have a time, however busy it looks")
        func totalTime() async throws {
            let drip = (0..<100).flatMap { _ in [ScriptedOrigin.Step.send("x"), .pause(20)] }
            let script: ScriptedOrigin.Script = { _ in [Say.head(100)] + drip }
            try await Stage.run(script, { $0.limits.totalTimeout = .milliseconds(200) }) { stage, origin in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                _ = try await client.end(within: .seconds(5))
                #expect(client.watched.state.received.count < 400)
                try await origin.watched.wait("the origin sees the end") { $0.closed == 1 }
            }
        }

        @Test("HTTP-3: a client that leaves ends the origin's transfer within a second", arguments: [true, false])
        func leaves(byReset: Bool) async throws {
            try await Stage.run({ _ in [Say.head(1 << 30), .flood(1 << 30)] }) { stage, origin in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await client.watched.wait("some bytes") { $0.total > 100_000 }
                if byReset { await client.reset() } else { await client.close() }
                try await origin.watched.wait("the origin sees the end", within: .seconds(1)) { $0.closed == 1 }
                try await stage.until("it is recorded") { stage.count(.clientDisconnects) == 1 }
                let log = try await stage.logText()
                #expect(log.contains("\"client_left\":true"))
            }
        }

        @Test(
            "HTTP-3: a client that leaves while the head is awaited, or while nothing moves, ends the origin's request",
            arguments: [
                [ScriptedOrigin.Step.hold], [Say.head(10), .send("hello"), .hold],
            ])
        func leavesWaiting(steps: [ScriptedOrigin.Step]) async throws {
            try await Stage.run({ _ in steps }) { stage, origin in
                let client = try await stage.client()
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await origin.watched.wait("the request") { $0.requests.count == 1 }
                try await Task.sleep(for: .milliseconds(30))
                await client.close()
                try await origin.watched.wait("the origin sees the end", within: .seconds(1)) { $0.closed == 1 }
                try await stage.until("it is recorded") { stage.count(.clientDisconnects) == 1 }
                let line = try await stage.logText().split(separator: "\n").first { $0.contains("/files/a") }
                #expect(line?.contains("\"client_left\":true") == true)
                #expect(line?.contains("error_code") == false, "it is nobody's failure")
            }
        }

        @Test("HTTP-3: a client that reads slowly slows the origin, and memory stays bounded")
        func backPressure() async throws {
            let size = 64 << 20
            try await Stage.run({ _ in [Say.head(size), .flood(size)] }) { stage, origin in
                let client = try await stage.client(receiveBuffer: 4_096)
                try await client.setReading(false)
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await origin.watched.wait("the flood") { $0.flooded > 0 }
                var before = -1
                while before != origin.watched.state.flooded {
                    before = origin.watched.state.flooded
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(before < 32 << 20, "the kernels' buffers, not the object")
                try await client.setReading(true)
                try await client.watched.wait("all of it", within: .seconds(60)) { $0.total > size }
                try await stage.until("the answer's end") { stage.origin("idle") == 1 }
                await client.close()
            }
        }

        @Test("HTTP-3: the end of an answer outlives the idle time as long as its client takes some of it")
        func slowTail() async throws {
            let script: ScriptedOrigin.Script = { seen in
                guard let size = Int(seen.target.split(separator: "/").last ?? "") else { return [] }
                return [Say.head(size), .flood(size)]
            }
            let change: (inout Stage.Plan) -> Void = {
                ($0.server.idleTimeout, $0.limits.maxConnections) = (.seconds(1), 100)
            }
            try await Stage.run(script, change) { stage, _ in
                // Of some of these answers the last bytes wait in the proxy: the kernel takes 4 MB at most.
                var clients: [(client: Client, size: Int)] = []
                for size in stride(from: 3_500_000, through: 4_400_000, by: 15_000) {
                    let client = try await stage.client(receiveBuffer: 16_384)
                    try await client.setReading(false)
                    try await client.send("GET /files/\(size) HTTP/1.1\r\nHost: p\r\n\r\n")
                    clients.append((client, size))
                }
                try await Task.sleep(for: .milliseconds(2_500))
                for (client, _) in clients { try? await client.setReading(true) }
                for (client, size) in clients {
                    #expect(try await client.reply(within: .seconds(20)).body.count == size)
                    await client.close()
                }
            }
        }

        @Test("HTTP-6: a client that takes nothing for too long is let go")
        func stalledReader() async throws {
            let change: (inout Stage.Plan) -> Void = { $0.server.bodyIdleTimeout = .milliseconds(200) }
            try await Stage.run({ _ in [Say.head(64 << 20), .flood(64 << 20)] }, change) { stage, origin in
                let client = try await stage.client(receiveBuffer: 4_096)
                try await client.setReading(false)
                try await client.send("GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n")
                try await origin.watched.wait("the origin sees the end", within: .seconds(10)) { $0.closed == 1 }
                try await stage.until("closed") { stage.gauge(.activeConnections) == 0 }
                await client.close()
            }
        }

        @Test("S3-6, HTTP-3: an answer given up when all of it was there already leaves a usable connection")
        func givenUpAtTheEnd() async throws {
            let script: ScriptedOrigin.Script = { seen in
                guard let size = Int(seen.target.split(separator: "/").last ?? "") else { return [] }
                if size >= 1 << 20 { return [Say.head(size), .flood(size)] }
                return [.pause(50), .send("HTTP/1.1 500 X\r\nContent-Length: \(size)\r\n\r\n"), .flood(size)]
            }
            let change: (inout Stage.Plan) -> Void = {
                ($0.limits.maxConnections, $0.limits.firstByteTimeout) = (1, .seconds(2))
            }
            try await Stage.run(script, change) { stage, origin in
                for size in stride(from: 140_000, through: 260_000, by: 20_000) {
                    // A large transfer first, so that the kernel and the channel take much at a time.
                    let large = try await stage.ask("/files/\(4 << 20)")
                    #expect(large.body.count == 4 << 20)
                    let before = origin.requests.count
                    let client = try await stage.client()
                    try await client.send("GET /files/\(size) HTTP/1.1\r\nHost: p\r\n\r\n")
                    try await origin.watched.wait("the request") { $0.requests.count > before }
                    // The loop is away while the error arrives; then it finds all of it at once.
                    try await stage.seat.eventLoop.submit { _ = usleep(120_000) }.get()
                    let reply = try await client.reply()
                    #expect(reply.status == 502)
                    await client.close()
                }
            }
        }
    }
}
