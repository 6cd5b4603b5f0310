import HTTPSemantics
import Testing

@Suite("Ranges")
struct ByteRangeTests {
    private func parse(_ text: String, limit: Int = 8) -> [ByteRange.Spec]? {
        ByteRange.parse(text.utf8.span, limit: limit)
    }

    private func range(_ first: Int64, _ last: Int64) throws -> ByteRange {
        try #require(ByteRange(first: first, last: last))
    }

    @Test(
        "HTTP-4: legal Range fields",
        arguments: [
            ("bytes=0-0", [.bounded(first: 0, last: 0)]), ("bytes=5-", [.from(5)]), ("bytes=-5", [.suffix(5)]),
            ("BYTES=1-2", [.bounded(first: 1, last: 2)]), ("bytes=-0", [.suffix(0)]),
            ("bytes=0-1, 4-5 ,\t-3", [.bounded(first: 0, last: 1), .bounded(first: 4, last: 5), .suffix(3)]),
            ("bytes=,,0-1,", [.bounded(first: 0, last: 1)]), ("bytes= 7-", [.from(7)]),
            ("bytes=0-99999999999999999999999", [.bounded(first: 0, last: .max)]),
            ("bytes=99999999999999999999999-", [.from(.max)]), ("bytes=-99999999999999999999999", [.suffix(.max)]),
            ("bytes=007-010", [.bounded(first: 7, last: 10)]),
        ] as [(String, [ByteRange.Spec])])
    func legal(text: String, specs: [ByteRange.Spec]) {
        #expect(parse(text) == specs)
    }

    @Test(
        "HTTP-4: other units and invalid syntax count as no Range at all",
        arguments: [
            "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-4", "bytes=1",
            "lines=1-2",
            "bytes =1-2", "bytes:1-2", "bytes=1 -2", "bytes=1- 2", "bytes=--1", "bytes=+1-2", "bytes=1-2-3",
            "bytes=0x1-2",
            "bytes=1-2;3-4", "bytes=0-1 2-3",
        ])
    func illegal(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("HTTP-4: more ranges than allowed count as no Range at all")
    func limit() {
        #expect(parse("bytes=0-1,2-3,4-5", limit: 3)?.count == 3)
        #expect(parse("bytes=0-1,2-3,4-5", limit: 2) == nil)
    }

    @Test(
        "HTTP-4: one range within a length",
        arguments: [
            ("bytes=0-0", 10, 0, 0), ("bytes=5-", 10, 5, 9), ("bytes=-3", 10, 7, 9), ("bytes=-30", 10, 0, 9),
            ("bytes=8-100", 10, 8, 9), ("bytes=0-99999999999999999999", 10, 0, 9), ("bytes=0-", 1, 0, 0),
        ] as [(String, Int64, Int64, Int64)])
    func resolves(text: String, length: Int64, first: Int64, last: Int64) throws {
        let specs = try #require(parse(text))
        #expect(ByteRange.resolve(specs, length: length) == .satisfiable([try range(first, last)]))
    }

    @Test(
        "HTTP-4: 416 when nothing of a range lies within the length",
        arguments: [
            ("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0),
            ("bytes=99999999999999999999-", .max), ("bytes=20-,30-40", 10),
        ] as [(String, Int64)])
    func unsatisfiable(text: String, length: Int64) throws {
        #expect(ByteRange.resolve(try #require(parse(text)), length: length) == .unsatisfiable)
    }

    @Test("HTTP-4: ranges keep the client's order unless some overlap or touch; then they are sorted and joined")
    func joins() throws {
        let apart = try #require(parse("bytes=50-59,0-9,200-"))
        #expect(ByteRange.resolve(apart, length: 100) == .satisfiable([try range(50, 59), try range(0, 9)]))
        let overlapping = try #require(parse("bytes=50-59,0-9,5-20,21-30,-1,52-53"))
        #expect(
            ByteRange.resolve(overlapping, length: 100)
                == .satisfiable([try range(0, 30), try range(50, 59), try range(99, 99)]))
    }

    @Test("HTTP-4: joined ranges cover exactly the bytes asked for, for random fields")
    func coverage() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5_000 {
            let length = Int64.random(in: 0...40, using: &random)
            var wanted: Set<Int64> = []
            var elements: [String] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let first = Int64.random(in: 0...45, using: &random)
                let last = Int64.random(in: first...60, using: &random)
                elements.append("\(first)-\(last)")
                wanted.formUnion((first...last).filter { $0 < length })
            }
            let specs = try #require(parse("bytes=" + elements.joined(separator: ",")))
            guard case .satisfiable(let ranges) = ByteRange.resolve(specs, length: length) else {
                #expect(wanted.isEmpty)
                continue
            }
            let covered = ranges.flatMap { Array($0.first...$0.last) }
            #expect(Set(covered) == wanted)
            #expect(covered.count == wanted.count)
        }
    }

    @Test("HTTP-4: no bytes make the range readers trap")
    func fuzz() {
        let pieces = [
            "bytes", "=", "bytes ", "-", ",", " ", "0", "9223372036854775807", "99999999999999999999", "*", "/",
        ]
        var random = SeededGenerator(seed: 5)
        for _ in 0..<50_000 {
            let bytes = Array("bytes=".utf8) + random.bytes(of: pieces, upTo: 10)
            if let specs = ByteRange.parse(bytes.span, limit: 4) {
                for length in [0, 1, 5, Int64.max, Int64.max - 1, -1, Int64.min] {
                    if case .satisfiable(let ranges) = ByteRange.resolve(specs, length: length) {
                        #expect(ranges.allSatisfy { $0.first >= 0 && $0.last < length && $0.count > 0 })
                    }
                }
            }
            _ = ContentRange((Array("bytes ".utf8) + random.bytes(of: pieces, upTo: 8)).span)
        }
    }
}

@Suite("Content-Range and multipart/byteranges")
struct ContentRangeTests {
    @Test(
        "HTTP-4: Content-Range is read and written",
        arguments: ["bytes 0-0/1", "bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes 0-9223372036854775805/*"])
    func roundTrip(text: String) throws {
        var out: [UInt8] = []
        let value = ContentRange(text.utf8.span)
        try #require(value).write(to: &out)
        #expect(String(decoding: out, as: UTF8.self) == text)
    }

    @Test(
        "HTTP-4: a Content-Range that contradicts itself is none",
        arguments: [
            "", "bytes", "bytes ", "bytes 5-4/10", "bytes 0-10/10", "bytes */*", "bytes 0-9", "bytes=0-9/10",
            "bytes -9/10",
            "bytes 0-/10", "bytes 0-9/", "bytes 0-9/x", "items 0-9/10", "bytes 0-99999999999999999999/*",
        ])
    func illegal(text: String) {
        let value = ContentRange(text.utf8.span)
        #expect(value == nil)
    }

    @Test("HTTP-4: the parts of a multipart answer, and their length before they are sent")
    func multipart() throws {
        let ranges = [
            try #require(ByteRange(first: 0, last: 4)), try #require(ByteRange(first: 10, last: 11)),
        ]
        let frame = MultipartRanges(
            boundary: Array("XYZ".utf8), contentType: Array("text/plain".utf8), ranges: ranges, complete: 20)
        let content = Array("0123456789abcdefghij".utf8)
        var body: [UInt8] = []
        for (index, range) in frame.ranges.enumerated() {
            body += frame.partHeader(index)
            body += content[Int(range.first)...Int(range.last)]
        }
        body += frame.closing
        #expect(
            String(decoding: body, as: UTF8.self)
                == "--XYZ\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-4/20\r\n\r\n01234"
                + "\r\n--XYZ\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-11/20\r\n\r\nab\r\n--XYZ--\r\n")
        #expect(frame.length == Int64(body.count))
        #expect(String(decoding: frame.contentTypeValue, as: UTF8.self) == "multipart/byteranges; boundary=XYZ")
        #expect(frame.partHeader(2).isEmpty)
    }

    @Test("HTTP-4: a length beyond 63 bits is told, not computed")
    func tooLong() throws {
        let huge = try #require(ByteRange(first: 0, last: .max - 1))
        let frame = MultipartRanges(boundary: [0x58], contentType: [], ranges: [huge, huge], complete: .max)
        #expect(frame.length == nil)
    }
}
