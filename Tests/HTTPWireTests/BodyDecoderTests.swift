import Exchange
import NIOCore
import Testing

@testable import HTTPWire

@Suite struct BodyDecoderTests {
    static let chunked = [
        Case("0\r\n\r\n", ""), Case("3\r\nabc\r\n0\r\n\r\n", "abc"), Case("3\r\nabc\r\n0\r\n\r\nGET", "abc|GET"),
        Case("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"), Case("A\r\n0123456789\r\n00\r\n\r\n", "0123456789"),
        Case("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), Case("0000000000000001\r\na\r\n0\r\n\r\n", "a"),
        // §7.1.1: extensions are dropped
        Case("1;a=b\r\nx\r\n0;c\r\n\r\n", "x"), Case("1;a=\"b;\tc\u{e9}\"\r\nx\r\n0\r\n\r\n", "x"),
        // §7.1.2: trailers are dropped
        Case("0\r\nA: b\r\nContent-Length: 5\r\n\r\n|", "||"),
        // sizes
        Case("\r\n", "badChunk"), Case(";a\r\n", "badChunk"), Case("x\r\n", "badChunk"), Case("-1\r\n", "badChunk"),
        Case("+1\r\na\r\n", "badChunk"), Case(" 1\r\na\r\n", "badChunk"), Case("1 \r\na\r\n", "badChunk"),
        Case("1\t;a\r\n", "badChunk"),
        Case("0x1\r\na\r\n", "badChunk"), Case("1g\r\na\r\n", "badChunk"), Case("8000000000000000\r\n", "badChunk"),
        Case("ffffffffffffffff\r\n", "badChunk"), Case("10000000000000000\r\n", "badChunk"),
        Case("00000000000000001\r\na\r\n", "badChunk"), Case("7fffffffffffffff\r\na", "incomplete"),
        // line ends
        Case("1\na\r\n0\r\n\r\n", "bareLineFeed"), Case("1\r\ra", "bareCarriageReturn"),
        Case("1;a\nb\r\n", "bareLineFeed"),
        Case("1\r\nab\r\n", "badChunk"), Case("1\r\na\n0\r\n\r\n", "badChunk"), Case("1\r\na\r0\r\n\r\n", "badChunk"),
        Case("1\r\na0\r\n\r\n", "badChunk"), Case("1;\0\r\na\r\n", "controlByte"),
        Case("1;a\u{7f}\r\na\r\n", "controlByte"),
        // trailers are as strict as heads
        Case("0\r\nA : b\r\n\r\n", "spaceBeforeColon"), Case("0\r\nA: b\n\r\n", "bareLineFeed"),
        Case("0\r\n A: b\r\n\r\n", "obsoleteFold"),
        Case("0\r\nA: \0\r\n\r\n", "controlByte"), Case("0\r\n\n", "bareLineFeed"),
        Case("0\r\n\rx\n", "bareCarriageReturn"),
        Case("0\r\nTransfer-Encoding: gzip\r\n\r\n", "badTransferCoding"),
        // bounds
        Case("1;" + String(repeating: "a", count: 1024) + "\r\n", "badChunk"),
        Case(String(repeating: "1;" + String(repeating: "a", count: 1000) + "\r\nx\r\n", count: 17), "badChunk"),
        Case("0\r\n" + String(repeating: "A: b\r\n", count: 65), "tooManyFields"),
        Case("0\r\nA: " + String(repeating: "a", count: 9000), "headTooLong"),
        Case("1\r\na\r\n0\r\n", "incomplete"), Case("1\r\n", "incomplete"), Case("", "incomplete"),
    ]

    @Test("HTTP-6: chunks are read strictly, wherever they are cut", arguments: chunked)
    func chunks(_ row: Case) {
        for step in [Int.max, 1, 2, 3, 5] {
            #expect(Outcome.body(ByteBuffer(latin1: row.message), framing: .chunked, every: step) == row.outcome)
        }
    }

    static let lengths: [(BodyFraming, String, String)] = [
        (.none, "GET", "|GET"), (.length(0), "GET", "|GET"), (.length(3), "abcGET", "abc|GET"),
        (.length(4), "abc", "incomplete"),
        (.untilClose, "abc", "incomplete"),
    ]

    @Test("HTTP-1: a body of known length ends there", arguments: lengths, [Int.max, 1, 2])
    func length(_ row: (framing: BodyFraming, bytes: String, outcome: String), step: Int) {
        #expect(Outcome.body(ByteBuffer(latin1: row.bytes), framing: row.framing, every: step) == row.outcome)
    }

    @Test("HTTP-6: whether the connection's end completes a body depends on its framing")
    func end() throws {
        var buffer = ByteBuffer(latin1: "ab")
        var untilClose = BodyDecoder(.untilClose)
        _ = try untilClose.next(&buffer)
        #expect(!untilClose.isAtEnd && untilClose.remainingLength == nil)
        #expect(untilClose.connectionEnded() && untilClose.isAtEnd)
        buffer = ByteBuffer(latin1: "ab")
        var length = BodyDecoder(.length(3))
        _ = try length.next(&buffer)
        #expect(length.remainingLength == 1 && !length.connectionEnded())
        buffer = ByteBuffer(latin1: "2\r\nab\r\n0\r\n")
        var chunked = BodyDecoder(.chunked)
        while case .chunk = try chunked.next(&buffer) {}
        #expect(!chunked.connectionEnded() && chunked.remainingLength == nil)
        var none = BodyDecoder(.none)
        #expect(none.isAtEnd && none.remainingLength == 0 && none.connectionEnded())
    }

    @Test("HTTP-3: chunks share the buffer's storage")
    func sharesStorage() throws {
        var buffer = ByteBuffer(repeating: UInt8(ascii: "a"), count: 100_000)
        let address = Self.address(buffer)
        var decoder = BodyDecoder(.length(100_000))
        guard case .chunk(let chunk) = try decoder.next(&buffer) else { Issue.record("no chunk"); return }
        #expect(Self.address(chunk) == address)
    }

    private static func address(_ buffer: ByteBuffer) -> Int {
        unsafe buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
    }
}
