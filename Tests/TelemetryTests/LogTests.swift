import NIOCore
import Testing

@testable import Telemetry

@Suite struct LogTests {
    @Test("OBS-1: a line has time, level, message and the data")
    func json() throws {
        let collector = try LogCollector()
        let log = Log(level: .info, format: .json, output: collector.output, clock: { moment })
        log.warn(
            "origin is \"slow\"",
            [
                "bucket": "a\"b\n", "bytes": .bytes(ByteBuffer(bytes: [0x61, 0xFF])), "count": -3, "ok": true,
                "took": .duration(.microseconds(1_500)), "ever": .duration(.seconds(Int64.max)),
            ])
        let line = try #require(collector.finish().first)
        #expect(
            try fields(of: line) == [
                "timestamp": .text("2026-11-21T08:48:42.123Z"), "level": .text("WARN"),
                "message": .text("origin is \"slow\""), "bucket": .text("a\"b\n"), "bytes": .text("a\u{FFFD}"),
                "count": .number(-3), "ok": .flag(true), "took": .number(1.5), "ever": .number(9_223_372_036_854.775),
            ])
    }

    @Test("OBS-1: the text format")
    func text() throws {
        let collector = try LogCollector()
        let log = Log(level: .debug, format: .text, output: collector.output, clock: { moment })
        log.debug("listening", ["address": "[::1]:8080", "note": "two words", "empty": "", "port": 8080])
        #expect(
            collector.finish() == [
                #"2026-11-21T08:48:42.123Z DEBUG listening address=[::1]:8080 note="two words" empty="" port=8080"#
            ])
    }

    @Test("OBS-1: a log writes its own level and above, and asks for nothing below", arguments: LogLevel.allCases)
    func levels(_ level: LogLevel) throws {
        let collector = try LogCollector()
        let log = Log(level: level, format: .json, output: collector.output)
        var asked = 0
        func value() -> LogValue {
            asked += 1
            return true
        }
        log.debug("m", ["v": value()])
        log.info("m", ["v": value()])
        log.warn("m", ["v": value()])
        log.error("m", ["v": value()])
        let expected = ["DEBUG", "INFO", "WARN", "ERROR"][Int(level.rawValue)...].map { LineValue.text($0) }
        #expect(try collector.finish().map { try fields(of: $0)["level"] } == expected)
        #expect(asked == expected.count)
    }

    @Test("OBS-1: one value cannot make a line endless")
    func longValue() throws {
        let collector = try LogCollector()
        let log = Log(level: .debug, format: .json, output: collector.output)
        log.error("m", ["long": .string(String(repeating: "\u{1}", count: 100_000)), "last": 1])
        let line = try #require(collector.finish().first)
        #expect(line.utf8.count < 2_300)
        #expect(try fields(of: line)["last"] == .number(1))
    }
}
