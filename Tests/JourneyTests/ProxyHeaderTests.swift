import Exchange
import NIOCore
import Settings
import Telemetry
import Testing

extension Journeys {
    /// Connections that begin with a PROXY header (HTTP-8).
    @Suite struct ProxyHeaders {
        private static let get = "GET /files/a HTTP/1.1\r\nHost: p\r\n\r\n"
        private static let line = "PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n"
        private static let block =
            Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x21, 0x11, 0, 12, 192, 0, 2, 8, 10, 0, 0, 1, 0xdc, 4, 1, 0xbb]
        private static let local = Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x20, 0, 0, 0]

        /// Nobody listens for the answers of the tests' one object but these.
        private func run(
            _ mode: ProxyProtocol, trusting blocks: String..., body: (Stage) async throws -> Void
        ) async throws {
            let change: (inout Stage.Plan) -> Void = {
                $0.server.proxyProtocol = mode
                $0.server.trustedProxies = blocks.compactMap { AddressBlock($0) }
                $0.server.headerTimeout = .milliseconds(400)
            }
            try await Stage.run({ _ in [Say.ok()] }, change) { stage, _ in try await body(stage) }
        }

        private func clients(_ log: String) -> [String] {
            log.matches(of: /"client_ip":"([^"]*)"/).map { String($0.output.1) }
        }

        @Test("HTTP-8: the header of a trusted peer names the client, in both versions, for every request behind it")
        func trusted() async throws {
            try await run(.any, trusting: "127.0.0.1") { stage in
                for header in [Array(Self.line.utf8), Self.block, Self.local, Array("PROXY UNKNOWN\r\n".utf8)] {
                    let client = try await stage.client()
                    client.push(header + Array((Self.get + Self.get).utf8))
                    for _ in 0..<2 { #expect(try await client.reply().status == 200) }
                    await client.close()
                }
                let found = clients(try await stage.logText(requests: 8))
                #expect(found == ["192.0.2.7", "192.0.2.8", "127.0.0.1", "127.0.0.1"].flatMap { [$0, $0] })
            }
        }

        @Test("HTTP-8: a header may come byte by byte, and says the same")
        func trickled() async throws {
            try await run(.any, trusting: "127.0.0.1") { stage in
                for header in [Array(Self.line.utf8), Self.block] {
                    let client = try await stage.client()
                    for byte in header {
                        client.push([byte])
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    try await client.send(Self.get)
                    #expect(try await client.reply().status == 200)
                    await client.close()
                }
                #expect(clients(try await stage.logText(requests: 2)) == ["192.0.2.7", "192.0.2.8"])
            }
        }

        @Test("HTTP-8: a trusted peer without a header of the version is refused with 400, and that is logged")
        func refused() async throws {
            for (mode, bytes) in [
                (ProxyProtocol.any, Array(Self.get.utf8)), (.any, Array("PROXY TCP4 1.2.3.4 ::1 1 2\r\n".utf8)),
                (.v1, Self.block), (.v2, Array(Self.line.utf8)),
                (.v2, Self.block.prefix(13) + [0x12] + Self.block.dropFirst(14)),
                (.any, Array(repeating: 0x50, count: 300)),
            ] {
                try await run(mode, trusting: "127.0.0.1") { stage in
                    let client = try await stage.client()
                    client.push(bytes)
                    let reply = try await client.reply()
                    #expect(reply.status == 400 && reply.text.contains("\"code\":\"BAD_REQUEST\""))
                    #expect(try await client.end() == .closed)
                    let log = try await stage.logText()
                    #expect(log.contains("PROXY header") && clients(log) == ["127.0.0.1"])
                }
            }
        }

        @Test("HTTP-8: an untrusted peer's header is no request, and its requests need none")
        func untrusted() async throws {
            try await run(.any, trusting: "10.0.0.0/8") { stage in
                #expect(try await stage.ask("/files/a").status == 200)
                for header in [Array(Self.line.utf8), Self.block] {
                    let client = try await stage.client()
                    client.push(header + Array(Self.get.utf8))
                    #expect(try await client.reply().status == 400)
                    #expect(try await client.end() == .closed)
                }
                let found = clients(try await stage.logText(requests: 3))
                #expect(found == ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
            }
        }

        @Test("HTTP-8: off, a trusted peer's header is no request either")
        func off() async throws {
            try await run(.off, trusting: "127.0.0.1") { stage in
                let client = try await stage.client()
                try await client.send(Self.line + Self.get)
                #expect(try await client.reply().status == 400)
                #expect(try await client.end() == .closed)
            }
        }

        @Test("HTTP-8: whom the header names is believed further only when it is trusted itself")
        func chained() async throws {
            try await run(.any, trusting: "127.0.0.1", "10.0.0.0/8") { stage in
                for (source, expected) in [("10.0.0.9", "203.0.113.5"), ("192.0.2.7", "192.0.2.7")] {
                    let client = try await stage.client()
                    try await client.send("PROXY TCP4 \(source) 10.0.0.1 1 2\r\n")
                    let lines = "X-Forwarded-For: 203.0.113.5\r\n"
                    #expect(try await client.ask("/files/a", lines).status == 200)
                    await client.close()
                    let log = try await stage.logText(requests: source == "10.0.0.9" ? 1 : 2)
                    #expect(clients(log).last == expected)
                }
            }
        }

        @Test("HTTP-8: the time for a head bounds the header, and a silent connection behind it is closed quietly")
        func slow() async throws {
            try await run(.any, trusting: "127.0.0.1") { stage in
                let slow = try await stage.client()
                try await slow.send("PROXY TCP4 1.2")
                #expect(try await slow.reply(within: .seconds(5)).status == 408)
                #expect(try await slow.end() == .closed)
                for bytes in ["", Self.line] {
                    let silent = try await stage.client()
                    try await silent.send(bytes)
                    #expect(try await silent.end(within: .seconds(5)) == .closed)
                    #expect(silent.watched.state.total == 0)
                }
            }
        }
    }
}
