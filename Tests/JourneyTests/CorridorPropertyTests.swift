import NIOCore
import Resilience
import Settings
import Telemetry
import Testing
import Transport

extension Journeys {
    /// Random clients before a random origin: nothing hangs, nothing is mixed up, nothing is left behind.
    @Suite struct CorridorProperties {
        @Test(
            "HTTP-1, HTTP-3, HTTP-6, S3-6: random requests, cuts, pipelines and departures leave the proxy as it was",
            arguments: [11, 22, 33, 44, 55, 66] as [UInt64])
        func interleavings(seed: UInt64) async throws {
            let change: (inout Stage.Plan) -> Void = {
                ($0.limits.maxConnections, $0.limits.maxWaiting) = (3, 4)
                ($0.limits.firstByteTimeout, $0.limits.bodyIdleTimeout) = (.seconds(4), .seconds(4))
                $0.limits.idleTimeout = .milliseconds(50)
                $0.server.maxConcurrentRequests = 8
                $0.server.securityLimits.maxBodySize = 3_000
                $0.server.bodyIdleTimeout = .seconds(2)
            }
            try await Stage.run(RandomOrigin.script, change) { stage, origin in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<10 {
                        group.addTask {
                            var random = SeededGenerator(state: seed &* 1_000 &+ UInt64(lane))
                            for _ in 0..<30 { try await Self.visit(stage, &random) }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(origin.requests.count > 200)
                #expect(stage.gate.peak <= 8)
            }
        }

        /// One client: some requests in one stream of bytes, cut anywhere; then it listens, or leaves.
        private static func visit(_ stage: Stage, _ random: inout SeededGenerator) async throws {
            let requests = (0..<Int.random(in: 1...6, using: &random)).map { _ in RandomRequest(&random) }
            let client = try await stage.client()
            var bytes = Array(requests.map(\.text).joined().utf8)[...]
            let leavesAfter =
                Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...bytes.count, using: &random) : nil
            if let leavesAfter { bytes = bytes.prefix(leavesAfter) }
            while !bytes.isEmpty {
                let piece = bytes.prefix(Int.random(in: 1...400, using: &random))
                client.push(Array(piece))
                bytes = bytes.dropFirst(piece.count)
                if Bool.random(using: &random) { try await Task.sleep(for: .microseconds(200)) }
            }
            if leavesAfter != nil {
                if Bool.random(using: &random) { await client.reset() } else { await client.close() }
                return
            }
            for request in requests {
                guard let reply = try await client.replyOrEnd(isHead: request.isHead) else {
                    #expect(request.mayBreak, "\(request.text.prefix(200))")
                    break
                }
                if !request.allows(reply) {
                    let log = try await stage.logText()
                    let line = log.split(separator: "\n").first { $0.contains(reply["x-request-id"] ?? "none") } ?? ""
                    Issue.record("\(request.text.prefix(200)) got \(reply.head) \(reply.text.prefix(200)): \(line)")
                }
                if reply["connection"] == "close" { break }
            }
            await client.close()
        }
    }
}

/// What the origin does is said by the key, so that a client knows what to expect.
enum RandomOrigin {
    static let script: ScriptedOrigin.Script = { seen in
        let key = seen.target.dropFirst("/store/".count).prefix { $0 != "?" }
        let body = seen.method == "HEAD" ? "" : bodyOf(key)
        let head = "HTTP/1.1 200 OK\r\nETag: \"\(key)\"\r\n"
        let whole = "\(head)Content-Length: \(bodyOf(key).utf8.count)\r\n\r\n\(body)"
        switch key.prefix(2) {
        case "ok": return [.send(whole)]
        case "sl": return [.pause(3), .send(String(whole.prefix(40))), .pause(2), .send(String(whole.dropFirst(40)))]
        case "ch":
            let chunk = "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
            return [.send("\(head)Transfer-Encoding: chunked\r\n\r\n"), .send(body.isEmpty ? "" : chunk + "0\r\n\r\n")]
        case "em": return [.send("\(head)Content-Length: 0\r\n\r\n")]
        case "no": return seen.method == "HEAD" ? [Say.bare(404, "")] : [Say.error(404, "NoSuchKey")]
        case "de": return seen.method == "HEAD" ? [Say.bare(403, "")] : [Say.error(403, "AccessDenied")]
        case "bu": return seen.method == "HEAD" ? [Say.bare(503, "")] : [Say.error(503, "SlowDown")]
        case "st": return seen.serial > 0 ? [.close] : [.send(whole)]
        case "cl": return [.send(whole), .close]
        case "br": return [.send(String(whole.dropLast(seen.method == "HEAD" ? 0 : 7))), .reset]
        default: return [.send("nonsense"), .close]
        }
    }

    static func bodyOf(_ key: Substring) -> String {
        key.hasPrefix("em") ? "" : String(repeating: "\(key).", count: 3 + key.count * 40)
    }
}

/// A request and what may become of it.
struct RandomRequest: Sendable {
    let text: String
    let isHead: Bool
    private let key: Substring
    private let statuses: Set<Int>

    /// Its answer may end with the connection before it is whole.
    var mayBreak: Bool { key.hasPrefix("br") }

    init(_ random: inout SeededGenerator) {
        let kinds = ["ok", "ok", "ok", "sl", "ch", "em", "em", "no", "de", "bu", "st", "cl", "br", "xx"]
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
        let key = "\(kind)\(Int.random(in: 0..<50, using: &random))"
        let body = String(repeating: "b", count: Int.random(in: 0...2_000, using: &random))
        let get = "GET /files/\(key) HTTP/1.1\r\nHost: p\r\n"
        var text = get + "\r\n"
        var method = "GET"
        var expected: Set<Int> = ["no": [404], "de": [403], "bu": [], "xx": [502], "br": [200, 502]][kind] ?? [200]
        switch Int.random(in: 0..<14, using: &random) {
        case 0, 1:
            text = "HEAD /files/\(key) HTTP/1.1\r\nHost: p\r\n\r\n"
            method = "HEAD"
        case 2: text = get + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
        case 3:
            let chunk = body.isEmpty ? "" : "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
            text = get + "Transfer-Encoding: chunked\r\n\r\n\(chunk)0\r\n\r\n"
        case 4:
            text = "POST /files/\(key) HTTP/1.1\r\nHost: p\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
            expected = [405]
        case 5:
            (text, expected) = (get + "Bad Name: x\r\n\r\n", [400])
        case 6:
            (text, expected) = (get + "Content-Length: 4000\r\n\r\n" + String(repeating: "z", count: 4_000), [413])
        case 7:
            (text, expected) = ("GET /files/../\(key) HTTP/1.1\r\nHost: p\r\n\r\n", [400])
        case 8:
            (text, expected) = ("GET /health HTTP/1.1\r\nHost: p\r\n\r\n", [200])
        case 9: text = "\r\n" + get + "Connection: close\r\n\r\n"
        default: break
        }
        self.text = text
        self.isHead = method == "HEAD"
        self.key = text.contains("/files/\(key)") && expected.contains(200) ? Substring(key) : ""
        statuses = expected.union(text.contains("/health") ? [] : [503])
    }

    /// Whether `reply` may be this request's: its status, and the very bytes of the object asked for.
    func allows(_ reply: Reply) -> Bool {
        guard statuses.contains(reply.status) || reply.status == 503 else { return false }
        guard reply.status == 200, !key.isEmpty else { return true }
        return reply["etag"] == "\"\(key)\"" && (isHead || reply.text == RandomOrigin.bodyOf(key))
    }
}

extension Client {
    /// The next whole answer; nil when the connection ended before it.
    func replyOrEnd(isHead: Bool) async throws -> Reply? {
        try await watched.take("an answer or the end") { state -> Reply?? in
            if let reply = Reply.take(from: &state.received, isHead: isHead, hasEnded: state.end != nil) {
                return .some(reply)
            }
            return state.end == nil ? nil : .some(nil)
        }
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
