import NIOCore
import Testing

@testable import Redis

/// CACHE-3: what a server says is read within bounds, however its bytes are cut.
@Suite("RESPParser")
struct RESPParserTests {
    static let limits = RESPLimits(
        maxBulkLength: 1_000, maxElements: 12, maxDepth: 3, maxLineLength: 64, sharesFrom: 100)

    /// All values of a text that comes `step` bytes at a time.
    static func read(
        _ text: String, step: Int = .max, limits: RESPLimits = limits
    ) throws(RESPFailure) -> [RESPValue] {
        var parser = RESPParser(limits: limits)
        var rest = ByteBuffer(string: text)
        var buffer = ByteBuffer()
        var values: [RESPValue] = []
        while rest.readableBytes > 0, var piece = rest.readSlice(length: min(step, rest.readableBytes)) {
            buffer.writeBuffer(&piece)
            while let value = try parser.next(&buffer) { values.append(value) }
        }
        return values
    }

    private static func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    struct Sample: Sendable, CustomTestStringConvertible {
        let text: String
        let value: RESPValue
        var testDescription: String { text.debugDescription }

        init(_ text: String, _ value: RESPValue) {
            self.text = text
            self.value = value
        }
    }

    static let samples: [Sample] = [
        Sample("+OK\r\n", .simple(text("OK"))),
        Sample("+\r\n", .simple(text(""))),
        Sample("-ERR no\r\n", .error(text("ERR no"))),
        Sample(":-9223372036854775808\r\n", .integer(.min)),
        Sample(":+12\r\n", .integer(12)),
        Sample("$5\r\na\r\nbc\r\n", .bulk(text("a\r\nbc"))),
        Sample("$0\r\n\r\n", .bulk(text(""))),
        Sample("$-1\r\n", .null),
        Sample("*-1\r\n", .null),
        Sample("_\r\n", .null),
        Sample("#t\r\n", .boolean(true)),
        Sample("#f\r\n", .boolean(false)),
        Sample(",-1.5e3\r\n", .double(-1_500)),
        Sample(",inf\r\n", .double(.infinity)),
        Sample(",-inf\r\n", .double(-.infinity)),
        Sample(
            "(-3492890328409238509324850943850943825024385\r\n",
            .bigNumber(
                text("-3492890328409238509324850943850943825024385"))),
        Sample("!5\r\nE a\r\n\r\n", .blobError(text("E a\r\n"))),
        Sample("=7\r\ntxt:abc\r\n", .verbatim(text("abc"), format: text("txt"))),
        Sample("*0\r\n", .array([])),
        Sample("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", .array([.integer(1), .array([.bulk(text("a"))])])),
        Sample("~2\r\n:1\r\n:2\r\n", .set([.integer(1), .integer(2)])),
        Sample("%1\r\n+a\r\n_\r\n", .map([RESPPair(key: .simple(text("a")), value: .null)])),
        Sample("%0\r\n", .map([])),
        Sample(">2\r\n+a\r\n:1\r\n", .push([.simple(text("a")), .integer(1)])),
        Sample("|1\r\n+ttl\r\n:5\r\n:7\r\n", .integer(7)),
        Sample("|0\r\n:7\r\n", .integer(7)),
        Sample("*2\r\n|1\r\n+a\r\n*1\r\n:9\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    @Test("Every type, whole and one byte at a time", arguments: samples)
    func types(sample: Sample) throws {
        #expect(try Self.read(sample.text) == [sample.value])
        #expect(try Self.read(sample.text + sample.text, step: 1) == [sample.value, sample.value])
        for cut in 1..<sample.text.utf8.count {
            #expect(try Self.read(String(decoding: Array(sample.text.utf8.prefix(cut)), as: UTF8.self)).isEmpty)
        }
    }

    @Test("Not a number is a double that equals nothing")
    func notANumber() throws {
        guard case .double(let number)? = try Self.read(",nan\r\n").first else {
            Issue.record("no double")
            return
        }
        #expect(number.isNaN)
    }

    @Test(
        "What is no reply, or beyond a bound, is refused for what it is",
        arguments: [
            ("?\r\n", .unknownType), ("\r\n", .unknownType), (":\r\n", .badInteger), (":1a\r\n", .badInteger),
            (":9223372036854775808\r\n", .badInteger), (":-\r\n", .badInteger), ("$+1\r\n", .badLength),
            ("$-2\r\n", .badLength), ("$\r\n", .badLength), ("!-1\r\n", .badLength), ("%-1\r\n", .badLength),
            ("$99999999999999999999\r\n", .badLength), (",\r\n", .badDouble), (",0x1p3\r\n", .badDouble),
            (",infinity\r\n", .badDouble), ("#x\r\n", .badBoolean), ("_x\r\n", .badNull), ("(\r\n", .badBigNumber),
            ("(1.5\r\n", .badBigNumber), ("=3\r\ntxt\r\n", .badVerbatim), ("=4\r\ntxt;\r\n", .badVerbatim),
            ("$1\r\nab\r\n", .badEnd), ("+a\n", .badEnd), ("+a\rb", .badEnd), ("$?\r\n", .streamed),
            ("*?\r\n", .streamed), ("$1001\r\n", .bulkTooLong), ("*13\r\n", .tooManyElements),
            ("%7\r\n", .tooManyElements), ("*9223372036854775807\r\n", .tooManyElements),
            ("%9223372036854775807\r\n", .tooManyElements), ("*2\r\n*6\r\n*5\r\n", .tooManyElements),
            ("*1\r\n*1\r\n*1\r\n*1\r\n", .tooDeep), ("*1\r\n>1\r\n", .nestedPush), ("|2\r\n>1\r\n", .nestedPush),
        ] as [(String, RESPFailure)])
    func refusals(text: String, failure: RESPFailure) {
        #expect(throws: failure) { try Self.read(text) }
        #expect(throws: failure) { try Self.read(text, step: 1) }
    }

    @Test("A line without an end is refused at the bound and not collected for ever")
    func endlessLine() throws {
        let line = "+" + String(repeating: "a", count: 63)
        #expect(try Self.read(line + "\r\n", step: 1).count == 1)
        #expect(throws: RESPFailure.lineTooLong) { try Self.read(line + "a", step: 1) }
    }

    @Test("The bound on elements is that of one reply, not of the connection's life")
    func boundIsOfOneReply() throws {
        let reply = "*12\r\n" + String(repeating: "_\r\n", count: 12)
        #expect(try Self.read(String(repeating: reply, count: 5)).count == 5)
    }

    @Test("A large string shares its memory, a small one does not; both are whole")
    func sharing() throws {
        for length in [99, 100] {
            var input = ByteBuffer(string: "$\(length)\r\n" + String(repeating: "x", count: length) + "\r\n")
            var parser = RESPParser(limits: Self.limits)
            let read = try parser.next(&input)
            let value = try #require(read?.bytes)
            #expect(value == ByteBuffer(repeating: UInt8(ascii: "x"), count: length))
            #expect((Self.end(of: value) == Self.end(of: input) - 2) == (length == 100))
        }
    }

    /// Where in memory the readable bytes end.
    private static func end(of buffer: ByteBuffer) -> UInt {
        unsafe buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) + UInt($0.count) }
    }

    @Test("What a string needs is known from its beginning")
    func wanted() throws {
        var parser = RESPParser(limits: Self.limits)
        var input = ByteBuffer(string: "$900\r\nab")
        #expect(parser.wanted == 1)
        let value = try parser.next(&input)
        #expect(value == nil)
        #expect(parser.wanted == 902)
        #expect(input.readableBytes == 2)
    }
}
