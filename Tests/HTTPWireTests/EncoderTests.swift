import Exchange
import NIOCore
import Testing

@testable import HTTPWire

@Suite struct EncoderTests {
    static let date = ByteBuffer(string: "Mon, 28 Oct 2024 22:32:00 GMT")

    static func encode(_ status: UInt16, _ framing: WireFraming, minor: UInt8 = 1, keepsAlive: Bool = true) -> String {
        var out = ByteBuffer()
        var head = ResponseHead(status: status)
        head.add("x", "y")
        HeadEncoder.write(
            head, framing: framing, date: date, minorVersion: minor, keepsAlive: keepsAlive, to: &out)
        return String(buffer: out)
    }

    @Test("HTTP-1: a head tells its framing and the connection's fate")
    func heads() {
        let date = "Date: Mon, 28 Oct 2024 22:32:00 GMT\r\n"
        #expect(
            Self.encode(200, .length(1_234_567_890_123))
                == "HTTP/1.1 200 OK\r\n\(date)Content-Length: 1234567890123\r\nx: y\r\n\r\n")
        #expect(
            Self.encode(206, .chunked)
                == "HTTP/1.1 206 Partial Content\r\n\(date)Transfer-Encoding: chunked\r\nx: y\r\n\r\n")
        #expect(
            Self.encode(200, .untilClose, minor: 0, keepsAlive: false)
                == "HTTP/1.1 200 OK\r\n\(date)Connection: close\r\nx: y\r\n\r\n")
        #expect(
            Self.encode(404, .length(0), minor: 0)
                == "HTTP/1.1 404 Not Found\r\n\(date)Connection: keep-alive\r\nContent-Length: 0\r\nx: y\r\n\r\n")
        #expect(Self.encode(299, .absent) == "HTTP/1.1 299 \r\n\(date)x: y\r\n\r\n")
    }

    private static func encode(_ note: CacheNote, hasDate: Bool = false) -> String {
        var out = ByteBuffer()
        var head = ResponseHead(status: 200)
        head.cache = note
        head.hasDate = hasDate
        HeadEncoder.write(head, framing: .absent, date: date, minorVersion: 1, keepsAlive: true, to: &out)
        return String(buffer: out)
    }

    @Test("CACHE-5, HTTP-7: what the cache did is told in X-Cache, Age and Cache-Status (RFC 9211)")
    func cacheNotes() {
        var hit = CacheNote(isHit: true, forward: .none)
        hit.age = 61
        hit.timeToLive = 3539
        #expect(Self.encode(hit).contains("X-Cache: HIT\r\nAge: 61\r\nCache-Status: yatagarasu; hit; ttl=3539\r\n\r\n"))
        hit.timeToLive = -7
        #expect(Self.encode(hit).contains("; hit; ttl=-7\r\n"))
        hit.forward = .stale
        hit.forwardStatus = 304
        #expect(
            Self.encode(hit).contains(
                "X-Cache: HIT\r\nAge: 61\r\nCache-Status: yatagarasu; fwd=stale; fwd-status=304\r\n"))
        var miss = CacheNote(isHit: false, forward: .uriMiss)
        miss.forwardStatus = 200
        miss.isStored = true
        miss.isCollapsed = true
        #expect(
            Self.encode(miss).contains(
                "X-Cache: MISS\r\nCache-Status: yatagarasu; fwd=uri-miss; fwd-status=200; stored; collapsed\r\n"))
        let bypass = CacheNote(isHit: false, forward: .bypass)
        #expect(Self.encode(bypass).contains("X-Cache: BYPASS\r\nCache-Status: yatagarasu; fwd=bypass\r\n"))
        #expect(!Self.encode(bypass, hasDate: true).contains("Date:"), "the lines have the origin's")
    }

    @Test("CACHE-5: the longest head of our own fits")
    func longest() {
        var note = CacheNote(isHit: true, forward: .varyMiss)
        note.age = .max
        note.timeToLive = .min
        note.forwardStatus = .max
        note.isStored = true
        note.isCollapsed = true
        var head = ResponseHead(status: 299)
        head.cache = note
        head.requestID = RequestID(random: 1, 2)
        var out = ByteBuffer()
        HeadEncoder.write(
            head, framing: .length(.max), date: Self.date, minorVersion: 1, keepsAlive: false, to: &out)
        #expect(out.readableBytes <= HeadEncoder.maxOwnLength)
        #expect(String(buffer: out).hasSuffix("; stored; collapsed\r\n\r\n"))
    }

    @Test("HTTP-1: a length is written as the standard library writes numbers")
    func lengths() {
        var power: Int64 = 1
        for _ in 0..<19 {
            for number in [power - 1, power, power + 1, power * 9, power / 7, Int64.max / power] {
                #expect(Self.encode(200, .length(number)).contains("\r\nContent-Length: \(number)\r\n"))
            }
            power = power &* 10
        }
    }

    @Test("HTTP-1: every status's head is read back as it was written", arguments: 200...599)
    func roundTrip(_ status: Int) throws {
        var buffer = ByteBuffer(string: Self.encode(UInt16(status), .length(7)))
        var parser = ResponseParser(limits: WireLimits())
        let head = try #require(try parser.parse(&buffer, isHead: true))
        #expect(head.status == status && head.fields.string(.contentLength) == "7" && head.fields.entries.count == 3)
    }

    @Test("HTTP-1: every fault's status has a reason phrase", arguments: FaultCode.allCases)
    func reason(_ code: FaultCode) {
        #expect(StatusLine.encoded(code.status) != nil)
    }

    @Test(
        "HTTP-1: chunks are read back as they were written",
        arguments: [1, 9, 15, 16, 255, 256, 65_535, 65_536, 1_000_000])
    func chunk(_ size: Int) throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "b"), count: size)
        var rest = body
        var out = ByteBuffer()
        ChunkEncoder.write(&rest, to: &out)
        ChunkEncoder.write(&rest, to: &out)
        out.writeImmutableBuffer(ChunkEncoder.end)
        #expect(rest.readableBytes == 0)
        var decoder = BodyDecoder(.chunked)
        guard case .chunk(let chunk) = try decoder.next(&out) else { Issue.record("no chunk"); return }
        #expect(chunk == body)
        guard case .end = try decoder.next(&out) else { Issue.record("no end"); return }
        #expect(out.readableBytes == 0)
    }

    @Test(
        "HTTP-1: a chunk's size is written in hexadecimal digits",
        arguments: [(1, "1"), (31, "1f"), (Int.max, "7fffffffffffffff")])
    func header(_ size: Int, _ text: String) {
        var out = ByteBuffer()
        ChunkEncoder.writeHeader(size: size, to: &out)
        #expect(String(buffer: out) == "\(text)\r\n")
    }
}
