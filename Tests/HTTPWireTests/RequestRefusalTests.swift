import Exchange
import NIOCore
import Testing

@testable import HTTPWire

/// What the parser refuses, by section of RFC 9112.
@Suite struct RequestRefusalTests {
    static let requestLines = [
        // §3, §3.1: one token, single spaces
        Case(" GET / HTTP/1.1", "badMethod"), Case("GE@T / HTTP/1.1", "badMethod"),
        Case("G\u{e9}T / HTTP/1.1", "badMethod"),
        Case("GET\t/ HTTP/1.1", "badMethod"), Case("G\0T / HTTP/1.1", "badMethod"), Case("GET", "badMethod"),
        Case("", "badMethod"), Case("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 / HTTP/1.1", "badMethod"),
        Case("GET  / HTTP/1.1", "badTarget"), Case("GET /  HTTP/1.1", "badVersion"),
        Case("GET /\tHTTP/1.1", "badTarget"),
        Case("GET / HTTP/1.1 ", "badVersion"), Case("GET / x HTTP/1.1", "badVersion"), Case("GET /", "badVersion"),
        Case("GET / ", "badVersion"),
        // §2.3
        Case("GET / http/1.1", "badVersion"), Case("GET / HTTP/1", "badVersion"), Case("GET / HTTP/1.10", "badVersion"),
        Case("GET / HTTP/11.1", "badVersion"), Case("GET / HTTP/1,1", "badVersion"),
        Case("GET / HTTPS/1.1", "badVersion"),
        Case("GET / HTTP/2.0", "versionNotSupported"), Case("PRI * HTTP/2.0", "badTarget"),
        Case("OPTIONS * HTTP/3.0", "versionNotSupported"), Case("GET / HTTP/0.9", "versionNotSupported"),
        // §3.2: forms of the target
        Case("GET a HTTP/1.1", "badTarget"), Case("GET * HTTP/1.1", "badTarget"),
        Case("OPTIONS ** HTTP/1.1", "badTarget"),
        Case("GET a:80 HTTP/1.1", "badTarget"), Case("CONNECT / HTTP/1.1", "badTarget"),
        Case("CONNECT a HTTP/1.1", "badTarget"), Case("CONNECT http://a:80/ HTTP/1.1", "badTarget"),
        Case("GET ftp://a/ HTTP/1.1", "badTarget"), Case("GET http:/a HTTP/1.1", "badTarget"),
        Case("GET http:///x HTTP/1.1", "badTarget"), Case("GET http://u@a/ HTTP/1.1", "badTarget"),
        Case("GET http://u:p@a/ HTTP/1.1", "badTarget"), Case("GET http://a:b/ HTTP/1.1", "badTarget"),
        // RFC 3986: no fragment, nothing but visible ASCII
        Case("GET /a#b HTTP/1.1", "badTarget"), Case("GET /\u{e9} HTTP/1.1", "badTarget"),
        Case("GET /\u{7f} HTTP/1.1", "badTarget"), Case("GET /\u{1} HTTP/1.1", "badTarget"),
        Case("GET /\0 HTTP/1.1", "badTarget"), Case("GET /?a#b HTTP/1.1", "badTarget"),
        // §3.2.2: the authority and Host agree
        Case("GET http://b/ HTTP/1.1", "hostDisagrees"), Case("GET http://a:81/ HTTP/1.1", "hostDisagrees"),
        Case("GET https://a:80/ HTTP/1.1", "hostDisagrees"), Case("GET http://aa HTTP/1.1", "hostDisagrees"),
    ]

    @Test("HTTP-6: malformed request lines are refused", arguments: requestLines)
    func requestLine(_ row: Case) {
        let message = "\r\n\(row.message)\r\nHost: a\r\n\r\n"
        #expect(Outcome.request(ByteBuffer(latin1: message)) == row.outcome)
    }

    static let lines = [
        // §2.2: CR and LF only as a pair
        Case("A: b\nC: d\r\n", "bareLineFeed"), Case("A: b\r\n\nC: d\r\n", "bareLineFeed"),
        Case("A\n: b\r\n", "bareLineFeed"),
        Case("A: b\rC: d\r\n", "bareCarriageReturn"), Case("A: b\r\r\n", "bareCarriageReturn"),
        Case("\rA: b\r\n", "bareCarriageReturn"), Case("A\r: b\r\n", "bareCarriageReturn"),
        // §5: names are tokens, directly followed by a colon
        Case("A : b\r\n", "spaceBeforeColon"), Case("A\t: b\r\n", "spaceBeforeColon"),
        Case("A b: c\r\n", "spaceBeforeColon"),
        Case("A\r\n", "badFieldName"), Case(": b\r\n", "badFieldName"), Case("A(: b\r\n", "badFieldName"),
        Case("\u{e9}: b\r\n", "badFieldName"), Case("A\0: b\r\n", "badFieldName"),
        Case("A\u{7f}: b\r\n", "badFieldName"),
        Case("x-amz-meta-\u{e9}: b\r\n", "badFieldName"), Case("x-amz-[: b\r\n", "badFieldName"),
        // §5.2
        Case("A: b\r\n c\r\n", "obsoleteFold"), Case("A: b\r\n\tc: d\r\n", "obsoleteFold"),
        Case(" A: b\r\n", "obsoleteFold"),
        // RFC 9110 §5.5
        Case("A: \0\r\n", "controlByte"), Case("A: b\u{1}c\r\n", "controlByte"), Case("A: b\u{7f}\r\n", "controlByte"),
        Case("A: b\u{b}\r\n", "controlByte"), Case("A: b\u{1f}\r\n", "controlByte"),
        Case("A:\u{c}b\r\n", "controlByte"),
        // §6.3: one canonical length
        Case("Content-Length: 1\r\nContent-Length: 1\r\n", "conflictingLength"),
        Case("Content-Length: 1\r\nContent-Length: 2\r\n", "conflictingLength"),
        Case("Content-Length: 1, 1\r\n", "badLength"), Case("Content-Length: 1,1\r\n", "badLength"),
        Case("Content-Length: +1\r\n", "badLength"), Case("Content-Length: -1\r\n", "badLength"),
        Case("Content-Length: 01\r\n", "badLength"), Case("Content-Length: 00\r\n", "badLength"),
        Case("Content-Length:\r\n", "badLength"), Case("Content-Length: 0x1\r\n", "badLength"),
        Case("Content-Length: 1 1\r\n", "badLength"), Case("Content-Length: 1.0\r\n", "badLength"),
        Case("Content-Length: 1000000000000000000\r\n", "badLength"), Case("Content-Length: \u{b2}\r\n", "badLength"),
        // §6.1: one coding, and no length beside it
        Case("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "lengthWithTransferEncoding"),
        Case("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "lengthWithTransferEncoding"),
        Case("Transfer-Encoding: gzip, chunked\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: gzip\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: chunked, chunked\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: identity\r\n", "badTransferCoding"),
        Case("Transfer-Encoding:\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: chunked, gzip\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: ,chunked\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: chunked;a=b\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: xchunked\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: \"chunked\"\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: chunke\u{64}\u{b}\r\n", "controlByte"),
        Case("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "badTransferCoding"),
        Case("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "badTransferCoding"),
        // §3.2
        Case("Host: a\r\n", "severalHosts"), Case("host: b\r\n", "severalHosts"),
    ]

    @Test("HTTP-6: malformed and smuggling field lines are refused", arguments: lines)
    func line(_ row: Case) {
        let message = "GET / HTTP/1.1\r\nHost: a\r\n\(row.message)\r\n"
        #expect(Outcome.request(ByteBuffer(latin1: message)) == row.outcome)
    }

    @Test(
        "HTTP-6: a request of HTTP/1.1 names its host", arguments: [("", "missingHost"), ("Hos: a\r\n", "missingHost")])
    func missingHost(_ fields: String, _ outcome: String) {
        #expect(Outcome.request(ByteBuffer(latin1: "GET / HTTP/1.1\r\n\(fields)\r\n")) == outcome)
        #expect(Outcome.request(ByteBuffer(latin1: "GET http://a/ HTTP/1.1\r\n\(fields)\r\n")) == outcome)
    }

    static let hosts = [
        "", "a b", "a/b", "a?b", "a#b", "u@a", "a:b", "a:", ":80", "a:80:80", "a:65536", "a:000080", "[::1", "::1",
        "[a]", "[::1]x",
        "[::g]", "[::1%25eth0]", "a%", "a%4", "a%4g", "\u{e9}", "a,b", "http://a", "a\\b", "\"a\"", "a:-1", "a: 80",
        "[]",
    ]
    static let goodHosts = [
        "a", "A.b-c_d~", "a:1", "a:65535", "127.0.0.1:80", "[::1]", "[2001:DB8::192.0.2.1]:443", "%41", "a:", "a,b",
    ]

    @Test("HTTP-6: Host is a host and maybe a port", arguments: hosts)
    func host(_ value: String) {
        let outcome = Outcome.request(ByteBuffer(latin1: "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n"))
        #expect(outcome == (Self.goodHosts.contains(value) ? "GET / 1.1 none [Host=\(value)]" : "badHost"))
    }

    @Test("HTTP-1: legal hosts pass", arguments: goodHosts)
    func goodHost(_ value: String) {
        let outcome = Outcome.request(ByteBuffer(latin1: "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n"))
        #expect(outcome == "GET / 1.1 none [Host=\(value)]")
    }

    @Test("OBS-1: the log says in words what is wrong, not by the name of a case")
    func explanations() {
        let texts = WireFault.allCases.map(\.explanation)
        #expect(Set(texts).count == texts.count)
        for (fault, text) in zip(WireFault.allCases, texts) {
            #expect(text.contains(" ") && !text.contains(fault.rawValue))
            #expect(WireFailure.malformed(fault).explanation == text)
        }
    }
}
