import Exchange
import NIOCore
import Testing

@testable import HTTPWire

/// Where a message is cut never matters, and time and memory stay in proportion.
@Suite struct TrickleTests {
    static let requests: [String] =
        RequestParserTests.accepted.map(\.message) + RequestParserTests.fields.map { request($0.message) }
        + RequestRefusalTests.requestLines.map { "\r\n\($0.message)\r\nHost: a\r\n\r\n" }
        + RequestRefusalTests.lines.map { request($0.message) }

    static func request(_ fields: String) -> String { "GET /p?q HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

    @Test("HTTP-1: a request's outcome does not depend on where its bytes are cut", arguments: requests)
    func request(_ message: String) {
        let bytes = ByteBuffer(latin1: message)
        let whole = Outcome.request(bytes)
        #expect(Outcome.request(bytes, every: 1) == whole)
        for cut in 1..<bytes.readableBytes { #expect(Self.cut(bytes, at: cut) == whole, "cut at \(cut)") }
    }

    private static func cut(_ bytes: ByteBuffer, at position: Int) -> String {
        var parser = RequestParser(limits: WireLimits())
        var isFirst = true
        var rest = bytes
        var buffer = rest.readSlice(length: position) ?? ByteBuffer()
        return Outcome.trickled(ByteBuffer(), every: 1) { _ throws(WireFailure) in
            while true {
                if let head = try parser.parse(&buffer) {
                    buffer.writeBuffer(&rest)
                    let tail = buffer.readableBytes == 0 ? "" : "|\(Outcome.text(buffer))"
                    return Outcome.describe(head) + tail
                }
                guard isFirst else { return "incomplete" }
                isFirst = false
                buffer.writeBuffer(&rest)
            }
        }
    }

    @Test("HTTP-1: a response's outcome does not depend on where its bytes are cut", arguments: ResponseParserTests.all)
    func response(_ row: Case) {
        let bytes = ByteBuffer(latin1: row.message)
        for step in 1...7 { #expect(Outcome.response(bytes, every: step) == row.outcome) }
    }

    @Test("HTTP-6: no prefix of a good message is refused, and none is taken for the whole")
    func prefixes() {
        let message =
            "POST http://a/b?c HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX: y\tz\r\nConnection: close\r\n\r\n"
        let bytes = ByteBuffer(latin1: message)
        for length in 0..<bytes.readableBytes {
            #expect(Outcome.request(bytes.part(0..<length)) == "incomplete", "\(length)")
        }
    }

    static let limits = [
        ("GET /" + String(repeating: "a", count: 80), "targetTooLong"),
        ("GET /" + String(repeating: "a", count: 20) + " HTTP/1.1\r\nHost: a\r\n\r\n", "targetTooLong"),
        (
            "GET /" + String(repeating: "a", count: 19) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /aaaaaaaaaaaaaaaaaaa 1.1 none [Host=a]"
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "a", count: 100), "headTooLong"),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A", count: 100), "headTooLong"),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: 901234567890123456\r\n", count: 4), "headTooLong"),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A:\r\n", count: 5), "tooManyFields"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A:\r\n", count: 4) + "\r\n",
            "GET / 1.1 none [Host=a, A=, A=, A=, A=]"
        ),
        (String(repeating: "A", count: 100), "badMethod"),
    ]

    @Test("HTTP-6: what exceeds a limit is refused although it is not complete", arguments: limits, [1, 3, Int.max])
    func limit(_ row: (message: String, outcome: String), step: Int) {
        let limits = WireLimits(maxTargetLength: 20, maxHeadLength: 100, maxFields: 5)
        #expect(Outcome.request(ByteBuffer(latin1: row.message), every: step, limits: limits) == row.outcome)
    }

    @Test("HTTP-6: a head that trickles in byte by byte costs time in proportion to its length")
    func linear() {
        let limits = WireLimits(maxTargetLength: 1 << 20, maxHeadLength: 1 << 21)
        let line = String(repeating: "v", count: 100_000)
        let clock = ContinuousClock()
        let time = clock.measure {
            let message = "GET /\(line) HTTP/1.1\r\nHost: a\r\nX: \(line)\r\n\r\n"
            #expect(Outcome.request(ByteBuffer(latin1: message), every: 1, limits: limits).count > 200_000)
        }
        // quadratic work would be 10¹⁰ steps
        #expect(time < .seconds(30))
    }
}
