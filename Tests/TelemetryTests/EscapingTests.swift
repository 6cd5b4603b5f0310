import Exchange
import FoundationEssentials
import NIOCore
import Testing

@testable import Telemetry

@Suite struct EscapingTests {
    @Test(
        "OBS-1: escaping",
        arguments: [
            ("plain text, longer than one word", "plain text, longer than one word"),
            ("quote \" backslash \\ slash /", #"quote \" backslash \\ slash /"#),
            ("line\nfeed\rreturn\ttab", #"line\nfeed\rreturn\ttab"#),
            ("\u{0}\u{1}\u{1F}\u{7F}", #"\u0000\u0001\u001f\u007f"#),
            ("\u{80}\u{9B}31m\u{9F}\u{A0}", "\\u0080\\u009b31m\\u009f\u{A0}"),
            ("\u{2027}\u{2028}\u{2029}\u{202E}\u{202F}", "\u{2027}\\u2028\\u2029\\u202e\u{202F}"),
            ("\u{2065}\u{2066}\u{2069}\u{206A}", "\u{2065}\\u2066\\u2069\u{206A}"),
            ("ü 日本 🦅", "ü 日本 🦅"), ("", ""),
        ])
    func table(_ input: String, _ output: String) {
        #expect(escaped(Array(input.utf8)) == output)
    }

    @Test(
        "OBS-1: what is not UTF-8 becomes U+FFFD",
        arguments: [
            ([0x80], 1), ([0xC0, 0xAF], 2), ([0xC2], 1), ([0xE0, 0x80, 0x80], 3), ([0xE2, 0x82], 1),
            ([0xED, 0xA0, 0x80], 3), ([0xF0, 0x9F, 0xA6], 1), ([0xF5, 0x80], 2), ([0xF4, 0x90, 0x80, 0x80], 4),
            ([0xFF], 1),
        ] as [([UInt8], Int)])
    func invalid(_ bytes: [UInt8], _ count: Int) {
        let replaced = String(repeating: "\u{FFFD}", count: count)
        #expect(escaped([0x61] + bytes + [0x62]) == "a\(replaced)b")
        #expect(escaped(bytes) == replaced)
        #expect(String(decoding: bytes, as: UTF8.self) == replaced)
    }

    @Test("OBS-1: every byte at every place is found", arguments: [1, 7, 8, 13, 16, 17, 31, 40])
    func places(_ length: Int) throws {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<length {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                bytes[place] = byte
                let text = escaped(bytes)
                let isPlain = byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
                #expect((text.utf8.elementsEqual(bytes)) == isPlain, "\(byte) at \(place)")
                let line = written(capacity: 256) {
                    $0.field("key", ByteBuffer(bytes: bytes).readableBytesSpan, limit: 128, .text)
                }
                let isBare = isPlain && byte != 0x20 && byte != 0x3D
                #expect(line == (isBare ? " key=\(text)" : " key=\"\(text)\""))
            }
        }
    }

    @Test("OBS-1: another program's decoder reads random bytes back as repaired UTF-8")
    func roundTrip() throws {
        var random = Words(state: 42)
        for _ in 0..<3_000 {
            let length = Int(random.next() % 40)
            // half of the bytes from the interesting ones
            let pool: [UInt8] = [
                0x22, 0x5C, 0x0A, 0x0D, 0x00, 0x7F, 0xC2, 0x9B, 0xE2, 0x80, 0xA8, 0xF0, 0x9F, 0xED, 0xA0, 0x61,
            ]
            let bytes = (0..<length).map { _ in
                let word = random.next()
                return word & 1 == 0 ? UInt8(truncatingIfNeeded: word >> 8) : pool[Int(word >> 8) % pool.count]
            }
            let text = escaped(bytes)
            #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
            let decoded = try JSONDecoder().decode(String.self, from: Data(("\"" + text + "\"").utf8))
            #expect(decoded == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("OBS-1: a long value is cut between characters", arguments: 0...20)
    func limits(_ limit: Int) throws {
        for input in [
            "abcdefghijklmnopqrstuvwxyz", "\n\n\n\n\n\n\n\n\n\n\n\n", "üüüüüüüüüüüüü", "\u{1}\u{1}\u{1}\u{1}\u{1}",
        ] {
            let text = escaped(Array(input.utf8), limit: limit)
            #expect(text.utf8.count <= limit + 3)
            let decoded = try JSONDecoder().decode(String.self, from: Data(("\"" + text + "\"").utf8))
            #expect(decoded == input || (decoded.hasSuffix("…") && input.hasPrefix(decoded.dropLast())))
        }
        #expect(escaped(Array("abc".utf8), limit: 3) == "abc")
    }

    @Test("OBS-1: without room nothing is written past the end", arguments: 0...64)
    func noRoom(_ room: Int) {
        let hostile = ByteBuffer(bytes: [UInt8](repeating: 0x01, count: 200) + [0xFF, 0x22])
        var storage = [UInt8](repeating: 0, count: room)
        unsafe storage.withUnsafeMutableBytes { bytes in
            var out = unsafe OutputRawSpan(buffer: bytes, initializedCount: 0)
            out.field("name", hostile.readableBytesSpan, limit: 4_096, .json)
            out.field("number", Int64.min, .json)
            out.field("time", milliseconds: .max, .text)
            #expect(out.byteCount <= room)
            unsafe _ = out.finalize(for: bytes)
        }
    }

    @Test(
        "OBS-1: numbers",
        arguments: [
            (0, "0", "0.000"), (999, "999", "0.000"), (1_000, "1000", "0.001"), (-5, "-5", "0.000"),
            (1_234_567_890, "1234567890", "1234.567"), (.max, "9223372036854775807", "9223372036854.775"),
            (.min, "-9223372036854775808", "0.000"),
        ] as [(Int64, String, String)])
    func numbers(_ number: Int64, _ decimal: String, _ milliseconds: String) {
        #expect(written { $0.write(decimal: number) } == decimal)
        #expect(written { $0.write(milliseconds: number) } == milliseconds)
    }

    @Test("OBS-1: request ids are written as the response names them")
    func requestIDs() {
        var random = Words(state: 7)
        for _ in 0..<500 {
            let id = RequestID(random: random.next(), random.next())
            #expect(written { $0.write(id) } == id.description)
        }
    }

    @Test(
        "OBS-1: timestamps are RFC 3339",
        arguments: [
            (0, 0, "1970-01-01T00:00:00.000Z"), (1_795_250_922, 123_456_789, "2026-11-21T08:48:42.123Z"),
            (951_782_399, 999_999_999, "2000-02-28T23:59:59.999Z"), (951_782_400, 0, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400, 1_000_000, "2100-03-01T00:00:00.001Z"), (-1, 0, "1969-12-31T23:59:59.000Z"),
            (1_735_689_599, 5, "2024-12-31T23:59:59.000Z"), (.max, .max, "9999-12-31T23:59:59.999Z"),
            (.min + 1, -1, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, Int64, String)])
    func timestamps(_ seconds: Int64, _ nanoseconds: Int64, _ text: String) {
        var timestamp = Timestamp()
        let time = WallTime(seconds: seconds, nanoseconds: nanoseconds)
        #expect(written { timestamp.write(time, to: &$0) } == text)
        #expect(written { timestamp.write(time, to: &$0) } == text)
    }

    @Test("OBS-1: every day of four hundred years has its date")
    func calendar() {
        var timestamp = Timestamp()
        var (year, month, day) = (1970, 1, 1)
        for count in 0..<146_097 {
            let text = written(capacity: 32) { timestamp.write(WallTime(seconds: Int64(count) * 86_400), to: &$0) }
            let expected = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)T00:00:00.000Z"
            guard text == expected else {
                Issue.record("\(text) is not \(expected)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }
}

/// splitmix64, so that a failure comes again.
struct Words {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
