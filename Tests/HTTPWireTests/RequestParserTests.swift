import Exchange
import NIOCore
import Testing

@testable import HTTPWire

/// One message and what must become of it.
struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let outcome: String
    var testDescription: String { message.prefix(80).debugDescription }

    init(_ message: String, _ outcome: String) {
        self.message = message
        self.outcome = outcome
    }
}

@Suite struct RequestParserTests {
    static let accepted: [Case] = [
        Case("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 none [Host=a]"),
        Case("GET /a/b%2F?x=1&y HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET /a/b%2F ?x=1&y 1.1 none [Host=a:80]"),
        Case("GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ? 1.1 none [Host=a]"),
        Case("GET //a?b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET //a ?b?c 1.1 none [Host=a]"),
        Case("HEAD /x HTTP/1.0\r\n\r\n", "HEAD /x 1.0 none close []"),
        Case("\r\nGET / HTTP/1.0\r\n\r\n", "GET / 1.0 none close []"),
        Case("get / HTTP/1.0\r\n\r\n", "get / 1.0 none close []"),
        Case("GET / HTTP/1.9\r\nhost:a\r\n\r\n", "GET / 1.1 none [host=a]"),
        Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 none [Host=a]"),
        Case("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 1.1 none [Host=a]"),
        Case("GET http://A/b?c HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET /b ?c 1.1 none [Host=a:80]"),
        Case("GET https://a?c HTTP/1.1\r\nHost: a:443\r\n\r\n", "GET / ?c 1.1 none [Host=a:443]"),
        Case("GET HTTP://a HTTP/1.1\r\nHost: a:\r\n\r\n", "GET / 1.1 none [Host=a:]"),
        Case("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 none [Host=a]"),
        Case("GET http://[::1]:8/ HTTP/1.1\r\nHost: [::1]:8\r\n\r\n", "GET / 1.1 none [Host=[::1]:8]"),
        Case(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "PUT / 1.1 length(3) [Host=a, Content-Length=3]|abc"),
    ]

    @Test("HTTP-1: what RFC 9112 allows is read", arguments: accepted)
    func accepts(_ row: Case) {
        #expect(Outcome.request(ByteBuffer(latin1: row.message)) == row.outcome)
    }

    static let fields: [Case] = [
        // §5: optional white space around the value, empty values, obs-text and HTAB inside
        Case("A:\r\n", "GET / 1.1 none [Host=a, A=]"),
        Case("A: \t b \tc \t \r\n", "GET / 1.1 none [Host=a, A=b \tc]"),
        Case("A: \u{80}\u{ff}\r\n", "GET / 1.1 none [Host=a, A=\u{80}\u{ff}]"),
        Case("!#$%&'*+-.^_`|~0aZ: :\r\n", "GET / 1.1 none [Host=a, !#$%&'*+-.^_`|~0aZ=:]"),
        // §6
        Case("Content-Length: 0\r\n", "GET / 1.1 length(0) [Host=a, Content-Length=0]"),
        Case(
            "content-length: 999999999999999999\r\n",
            "GET / 1.1 length(999999999999999999) [Host=a, content-length=999999999999999999]"),
        Case("Transfer-Encoding: Chunked\r\n", "GET / 1.1 chunked [Host=a, Transfer-Encoding=Chunked]"),
        // §9.3, RFC 9110 §7.6.1: Connection is a list, over several lines too
        Case("Connection: CLOSE\r\n", "GET / 1.1 none close [Host=a, Connection=CLOSE]"),
        Case("Connection: x, close ,y\r\n", "GET / 1.1 none close [Host=a, Connection=x, close ,y]"),
        Case("Connection: a\r\nConnection: close\r\n", "GET / 1.1 none close [Host=a, Connection=a, Connection=close]"),
        Case("Connection: closed\r\n", "GET / 1.1 none [Host=a, Connection=closed]"),
        Case("Connection: Upgrade\r\nUpgrade: h2c\r\n", "GET / 1.1 none [Host=a, Connection=Upgrade, Upgrade=h2c]"),
        // RFC 9110 §10.1.1
        Case("Expect: 100-Continue\r\n", "GET / 1.1 none expects [Host=a, Expect=100-Continue]"),
        Case("Expect: 100-continue, x\r\n", "GET / 1.1 none [Host=a, Expect=100-continue, x]"),
        Case("Expect: x\r\nExpect: 100-continue\r\n", "GET / 1.1 none [Host=a, Expect=x, Expect=100-continue]"),
    ]

    @Test("HTTP-1: fields that RFC 9112 allows are read", arguments: fields)
    func acceptsFields(_ row: Case) {
        let message = "GET / HTTP/1.1\r\nHost: a\r\n\(row.message)\r\n"
        #expect(Outcome.request(ByteBuffer(latin1: message)) == row.outcome)
    }

    static let versionZeroFields: [Case] = [
        Case("", "GET / 1.0 none close []"),
        Case("Connection: keep-alive\r\n", "GET / 1.0 none [Connection=keep-alive]"),
        Case("Connection: close, keep-alive\r\n", "GET / 1.0 none close [Connection=close, keep-alive]"),
        Case("Expect: 100-continue\r\n", "GET / 1.0 none close [Expect=100-continue]"),
        Case("Transfer-Encoding: chunked\r\n", "badTransferCoding"),
        Case("Host: a\r\nHost: a\r\n", "severalHosts"),
    ]

    @Test("HTTP-1: HTTP/1.0 closes by default and knows no transfer coding", arguments: versionZeroFields)
    func versionZero(_ row: Case) {
        let message = "GET / HTTP/1.0\r\n\(row.message)\r\n"
        #expect(Outcome.request(ByteBuffer(latin1: message)) == row.outcome)
    }

    @Test("HTTP-1: requests that follow each other in one buffer are read in order")
    func pipelined() throws {
        var buffer = ByteBuffer(
            latin1: "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: b\r\nX: 1\r\n\r\nGET")
        var parser = RequestParser(limits: WireLimits())
        #expect(try parser.parse(&buffer).map { Outcome.describe($0) } == "GET /1 1.1 none [Host=a]")
        #expect(try parser.parse(&buffer).map { Outcome.describe($0) } == "HEAD /2 1.1 none [Host=b, X=1]")
        #expect(try parser.parse(&buffer).map { Outcome.describe($0) } == nil)
        #expect(String(buffer: buffer) == "GET")
    }

    @Test("HTTP-1: a head keeps its bytes when the buffer goes on being used")
    func headOwnsItsBytes() throws {
        var buffer = ByteBuffer(latin1: "GET /first?q HTTP/1.1\r\nHost: a\r\n\r\n")
        var parser = RequestParser(limits: WireLimits())
        let head = try #require(try parser.parse(&buffer))
        buffer.clear()
        buffer.writeRepeatingByte(UInt8(ascii: "x"), count: 100)
        #expect(Outcome.describe(head) == "GET /first ?q 1.1 none [Host=a]")
        #expect(head.fields.string(.host) == "a")
    }
}
