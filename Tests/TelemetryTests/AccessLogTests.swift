import Exchange
import Glibc
import NIOCore
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(1))) struct AccessLogTests {
    @Test(
        "OBS-1: what failed on our side is a warning, and logged also where requests are not",
        arguments: [200, 404, 502])
    func levels(status: UInt16) throws {
        for level in LogLevel.allCases {
            let collector = try LogCollector()
            let log = AccessLog(output: collector.output, format: .json, level: level, clock: { moment })
            var record = AccessRecord(id: RequestID(random: 1, 2))
            record.status = status
            log.record(record, of: RequestHead(), from: ByteBuffer(), key: "".utf8.span)
            log.flush()
            let lines = collector.finish()
            let own: LogLevel = status == 502 ? .warn : .info
            #expect(lines.count == (own >= level ? 1 : 0))
            if let line = lines.first {
                #expect(try fields(of: line)["level"] == .text(own == .warn ? "WARN" : "INFO"))
            }
        }
    }

    @Test("OBS-1: a line holds every field of the request")
    func allFields() throws {
        let line = try #require(lines(.json, fullRequest()).first)
        let expected: [String: LineValue] = [
            "timestamp": .text("2026-11-21T08:48:42.123Z"), "level": .text("WARN"), "message": .text("request"),
            "request_id": .text("00000000-0000-4001-8000-000000000002"), "method": .text("GET"),
            "path": .text("/products/a%20b.txt"), "query": .text("versionId=7&token=***"),
            "protocol": .text("HTTP/1.1"), "bucket": .text("products"), "key": .text("a b.txt"),
            "status": .number(502), "duration_ms": .number(12.345), "ttfb_ms": .number(1.002), "bytes": .number(1_024),
            "client_ip": .text("192.0.2.7"), "replica": .text("primary"), "cache": .text("revalidated"),
            "cache_tier": .text("disk"),
            "origin_status": .number(500), "s3_error_code": .text("InternalError"), "error_code": .text("S3_ERROR"),
            "error_detail": .text("the origin said 500"), "client_left": .flag(true),
            "referer": .text("https://example.com/page"), "user_agent": .text("curl/8.1 (\"x\")"),
        ]
        #expect(try fields(of: line) == expected)
    }

    @Test("OBS-1: the line says what the cache did, and which layer answered", arguments: CacheOutcome.allCases)
    func cacheOutcomes(_ outcome: CacheOutcome) throws {
        var request = LoggedRequest(id: RequestID(random: 0, 0))
        request.record.cache = outcome
        let json = try fields(of: try #require(lines(.json, request).first))
        #expect(json["cache"] == .text("\(outcome)") && json["cache_tier"] == nil)
        #expect(try #require(lines(.text, request).first).contains(" cache=\(outcome)"))
        request.record.cacheTier = "redis"
        #expect(try fields(of: try #require(lines(.json, request).first))["cache_tier"] == .text("redis"))
        #expect(try #require(lines(.text, request).first).contains(" cache=\(outcome) cache_tier=redis"))
    }

    @Test("OBS-1: what is absent has no field")
    func leastFields() throws {
        var request = LoggedRequest(id: RequestID(random: 0, 0))
        request.record.status = 404
        let line = try #require(lines(.json, request).first)
        #expect(
            try Set(fields(of: line).keys) == [
                "timestamp", "level", "message", "request_id", "method", "path", "protocol", "status", "duration_ms",
                "bytes", "client_ip",
            ])
    }

    @Test("OBS-1: the text format")
    func text() throws {
        let line = try #require(lines(.text, fullRequest()).first)
        #expect(
            line == """
                2026-11-21T08:48:42.123Z WARN request request_id=00000000-0000-4001-8000-000000000002 method=GET \
                path=/products/a%20b.txt query="versionId=7&token=***" protocol=HTTP/1.1 bucket=products key="a b.txt" \
                status=502 duration_ms=12.345 ttfb_ms=1.002 bytes=1024 client_ip=192.0.2.7 replica=primary \
                cache=revalidated cache_tier=disk origin_status=500 s3_error_code=InternalError error_code=S3_ERROR error_detail="the origin said 500" \
                client_left=true referer="https://example.com/page" user_agent="curl/8.1 (\\"x\\")"
                """)
    }

    @Test(
        "OBS-1: no request can forge a line", arguments: LogFormat.allCases,
        [
            "x\",\"status\":200}\n{\"level\":\"INFO\",\"message\":\"forged\"",
            "x\r\n2026-01-01T00:00:00.000Z INFO forged",
            "x status=200", "x\" status=200", "\\", "\\\"", "\u{85}forged", "\u{2028}forged",
            "\u{1B}[2K\u{1B}[1Gforged", "=",
        ])
    func forging(_ format: LogFormat, _ hostile: String) throws {
        var request = fullRequest()
        request.sayEverywhere(hostile)
        request.setFields(userAgent: hostile, referer: hostile)
        let written = lines(format, request)
        #expect(written.count == 1)
        let line = try #require(written.first)
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        if format == .json {
            let read = try fields(of: line)
            #expect(read["status"] == .number(502))
            #expect(read["level"] == .text("WARN") && read["message"] == .text("request"))
            #expect(read["user_agent"] == .text(hostile) && read["key"] == .text(hostile))
        } else {
            let pairs = try words(of: line)
            #expect(pairs.count { $0.hasPrefix("status=") } == 1)
            #expect(pairs.dropFirst(3).allSatisfy { $0.contains("=") && !$0.hasPrefix("=") })
        }
    }

    @Test("OBS-1: the longest of everything fits into the room that a line has", arguments: LogFormat.allCases)
    func longest(_ format: LogFormat) throws {
        for unit in ["a", "\u{1}", "ü", "&a=1", "&a", "\u{1}\u{1}=x&"] {
            var request = fullRequest()
            let text = String(repeating: unit, count: 20_000)
            request.sayEverywhere(text)
            request.setFields(
                userAgent: text, referer: "//" + String(repeating: unit, count: 5_000) + "@" + text)
            request.record.bytesSent = .min
            (request.record.duration, request.record.timeToFirstByte) = (.nanoseconds(.max), .nanoseconds(.max))
            let line = try #require(lines(format, request).first)
            #expect(line.utf8.count < AccessRecord.longestLine - 64)
            #expect(line.contains("user_agent"))
            if format == .json { #expect(try fields(of: line).count == 25) }
        }
    }

    @Test("OBS-1: lines reach the output when the buffer is full, and the rest when flushed")
    func flushing() throws {
        let collector = try LogCollector()
        let log = AccessLog(output: collector.output, format: .json, clock: { moment })
        var request = fullRequest()
        for number in 0..<120 {
            request.record.bytesSent = Int64(number)
            request.write(to: log)
        }
        while collector.size == 0 { usleep(1_000) }
        log.flush()
        log.flush()
        let numbers = try collector.finish().map { try fields(of: $0)["bytes"] }
        #expect(numbers == (0..<120).map { .number(Double($0)) })
        #expect(collector.output.droppedLines == 0)
    }

    private func lines(_ format: LogFormat, _ request: borrowing LoggedRequest) -> [String] {
        do {
            let collector = try LogCollector()
            let log = AccessLog(output: collector.output, format: format, clock: { moment })
            request.write(to: log)
            log.flush()
            return collector.finish()
        } catch {
            Issue.record(error)
            return []
        }
    }

    private func fullRequest() -> LoggedRequest {
        var request = LoggedRequest(id: RequestID(random: 1, 2))
        request.head.path = ByteBuffer(string: "/products/a%20b.txt?versionId=7&token=secret")
        request.head.query = ByteBuffer(string: "versionId=7&token=secret")
        request.setFields(userAgent: "curl/8.1 (\"x\")", referer: "https://example.com/page?session=secret#top")
        request.client = ByteBuffer(string: "192.0.2.7")
        request.key = "a b.txt"
        request.record.status = 502
        request.record.duration = .nanoseconds(12_345_678)
        request.record.timeToFirstByte = .nanoseconds(1_002_003)
        request.record.bytesSent = 1_024
        request.record.bucket = ByteBuffer(string: "products")
        request.record.originStatus = 500
        request.record.fault = Fault(.originError, detail: "the origin said 500", originCode: "InternalError")
        request.record.replica = ByteBuffer(string: "primary")
        request.record.cache = .revalidated
        request.record.cacheTier = "disk"
        request.record.hasClientLeft = true
        return request
    }

    /// Splits a text line at spaces outside of quotes, as a reader of logfmt does.
    private func words(of line: String) throws -> [String] {
        var words: [String] = [""]
        var isQuoted = false
        var isEscaped = false
        for character in line {
            if character == " " && !isQuoted {
                words.append("")
                continue
            }
            if character == "\"" && !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            words[words.count - 1].append(character)
        }
        #expect(!isQuoted)
        return words
    }
}

/// A request with everything that the log is given of it.
private struct LoggedRequest: ~Copyable {
    var record: AccessRecord
    var head = RequestHead()
    var client = ByteBuffer()
    var key = ""

    init(id: RequestID) { record = AccessRecord(id: id) }

    mutating func setFields(userAgent: String, referer: String) {
        head.fields = FieldBlock()
        for (name, value) in [(FieldName.userAgent, userAgent), (.referer, referer)] {
            let start = UInt32(head.fields.bytes.readableBytes)
            head.fields.bytes.writeString(value)
            head.fields.entries.append(
                FieldBlock.Entry(
                    name: name, nameStart: 0, nameLength: 0, valueStart: start, valueLength: UInt32(value.utf8.count)))
        }
    }

    /// Puts a text wherever one may come from outside, but for the fields of the head.
    mutating func sayEverywhere(_ text: String) {
        let bytes = ByteBuffer(string: text)
        head.method = .other
        (head.methodToken, head.path, head.query) = (bytes, bytes, bytes)
        (record.bucket, record.replica, client, key) = (bytes, bytes, bytes, text)
        record.fault = Fault(.badRequest, detail: text, originCode: text)
    }

    func write(to log: AccessLog) {
        let key = Array(key.utf8)
        log.record(record, of: head, from: client, key: key.span)
    }
}
