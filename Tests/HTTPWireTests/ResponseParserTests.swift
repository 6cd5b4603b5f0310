import Exchange
import NIOCore
import Testing

@testable import HTTPWire

@Suite struct ResponseParserTests {
    static let accepted = [
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 1.1 length(3) declares 3 [Content-Length=3]|abc"),
        Case("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 1.1 length(0) declares 0 [Content-Length=0]"),
        Case("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 1.1 length(0) declares 0 [Content-Length=0]"),
        Case(
            "HTTP/1.1 206 Partial\t\u{e9}\r\nTransfer-Encoding: chunked\r\n\r\n",
            "206 1.1 chunked [Transfer-Encoding=chunked]"),
        // §6.3: until close
        Case("HTTP/1.1 200 OK\r\n\r\n", "200 1.1 untilClose close []"),
        Case("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", "200 1.0 untilClose close [Connection=keep-alive]"),
        Case(
            "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n",
            "200 1.0 length(1) declares 1 [Connection=Keep-Alive, Content-Length=1]"),
        Case("HTTP/1.0 404 N\r\nContent-Length: 1\r\n\r\n", "404 1.0 length(1) declares 1 close [Content-Length=1]"),
        // no body whatever the fields say
        Case("HTTP/1.1 100 Continue\r\n\r\n", "100 1.1 none []"),
        Case("HTTP/1.1 204 No Content\r\n\r\n", "204 1.1 none []"),
        Case("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "204 1.1 none [Content-Length=0]"),
        Case("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", "204 1.1 none close [Content-Length=9]"),
        Case("HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", "204 1.1 none close [Transfer-Encoding=chunked]"),
        Case("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 1.1 none declares 9 [Content-Length=9]"),
        // equal lengths are one length
        Case(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            "200 1.1 length(3) declares 3 [Content-Length=3, Content-Length=3]"),
    ]

    static let refused = [
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "conflictingLength"),
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", "badLength"),
        Case(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "lengthWithTransferEncoding"),
        Case(
            "HTTP/1.1 304 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "lengthWithTransferEncoding"),
        Case("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "badTransferCoding"),
        Case("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "badTransferCoding"),
        Case("HTTP/1.1 200 OK\n\r\n", "bareLineFeed"), Case("HTTP/1.1 200\n\r\n", "bareLineFeed"),
        Case("HTTP/1.1 200 OK\r\r\n", "bareCarriageReturn"), Case("HTTP/1.1 200 O\0K\r\n\r\n", "controlByte"),
        Case("HTTP/1.1 200 OK\r\nA: b\n\r\n", "bareLineFeed"),
        Case("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "spaceBeforeColon"),
        Case("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "obsoleteFold"),
        Case("\r\nHTTP/1.1 200 OK\r\n\r\n", "badVersion"),
        Case("HTTP/1.1 99 OK\r\n\r\n", "badStatus"), Case("HTTP/1.1 099 OK\r\n\r\n", "badStatus"),
        Case("HTTP/1.1 600 OK\r\n\r\n", "badStatus"), Case("HTTP/1.1 2000 OK\r\n\r\n", "badStatus"),
        Case("HTTP/1.1  200 OK\r\n\r\n", "badStatus"), Case("HTTP/1.1\t200 OK\r\n\r\n", "badVersion"),
        Case("HTTP/1.1 +20 OK\r\n\r\n", "badStatus"), Case("ICY 200 OK\r\n\r\n", "badVersion"),
        Case("HTTP/2.0 200 OK\r\n\r\n", "versionNotSupported"), Case("http/1.1 200 OK\r\n\r\n", "badVersion"),
    ]

    static let all = accepted + refused

    @Test("HTTP-1: a response's framing follows RFC 9112 §6.3, or the response is refused", arguments: all)
    func response(_ row: Case) {
        #expect(Outcome.response(ByteBuffer(latin1: row.message)) == row.outcome)
    }

    static let heads = [
        Case("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHT", "200 1.1 none declares 3 [Content-Length=3]|HT"),
        Case("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 1.1 none close [Transfer-Encoding=chunked]"),
        Case("HTTP/1.1 200 OK\r\n\r\n", "200 1.1 none []"),
    ]

    @Test("HTTP-1: the answer to HEAD has no body and keeps its declared length", arguments: heads)
    func head(_ row: Case) {
        #expect(Outcome.response(ByteBuffer(latin1: row.message), isHead: true) == row.outcome)
    }

    @Test("HTTP-1: an interim response is followed by the final one")
    func interim() throws {
        var buffer = ByteBuffer(latin1: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
        var parser = ResponseParser(limits: WireLimits())
        #expect(try parser.parse(&buffer, isHead: false)?.status == 103)
        #expect(try parser.parse(&buffer, isHead: false)?.status == 204)
    }
}
