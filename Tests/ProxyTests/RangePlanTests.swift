import Exchange
import HTTPSemantics
import HTTPWire
import NIOCore
import Testing

@testable import Proxy

@Suite struct RangePlanTests {
    /// The plan in words, so that rows can be compared.
    private func plan(_ lines: String, method: String = "GET") throws -> String {
        var parser = RequestParser(limits: WireLimits())
        var bytes = ByteBuffer(string: "\(method) /a HTTP/1.1\r\nHost: h\r\n\(lines)\r\n")
        let head = try #require(try parser.parse(&bytes))
        switch RangePlan(head) {
        case .whole: return "whole"
        case .several(let specs): return "several \(specs.count)"
        case .single(let spec, let condition):
            var out = ByteBuffer()
            spec.writeLine(to: &out)
            condition?.writeLine(to: &out)
            return String(buffer: out)
        }
    }

    static let date = "Fri, 24 Jul 2026 00:00:00 GMT"

    static let rows: [(String, String)] = [
        ("", "whole"),
        ("Range: bytes=0-4\r\n", "Range: bytes=0-4\r\n"),
        ("Range: bytes=7-\r\n", "Range: bytes=7-\r\n"),
        ("Range: bytes=-3\r\n", "Range: bytes=-3\r\n"),
        ("range: BYTES=0-4\r\n", "Range: bytes=0-4\r\n"),
        ("Range: bytes=0-0, ,\r\n", "Range: bytes=0-0\r\n"),
        ("Range: bytes=0-1,4-5\r\n", "several 2"),
        ("Range: bytes=5-4\r\n", "whole"),
        ("Range: bytes=a-b\r\n", "whole"),
        ("Range: bytes=\r\n", "whole"),
        ("Range: lines=0-4\r\n", "whole"),
        ("Range: bytes=0-4\r\nIf-Range: \"t\"\r\n", "Range: bytes=0-4\r\nIf-Match: \"t\"\r\n"),
        ("Range: bytes=0-4\r\nIf-Range: W/\"t\"\r\n", "whole"),
        (
            "Range: bytes=0-4\r\nIf-Range: \(date)\r\n",
            "Range: bytes=0-4\r\nIf-Unmodified-Since: \(date)\r\n"
        ),
        ("Range: bytes=0-4\r\nIf-Range: yesterday\r\n", "whole"),
        ("Range: bytes=0-4\r\nIf-Range: \"t\"\r\nIf-Match: \"u\"\r\n", "whole"),
        ("Range: bytes=0-4\r\nIf-Range: \"t\"\r\nIf-Unmodified-Since: \(date)\r\n", "whole"),
        ("If-Range: \"t\"\r\n", "whole"),
    ]

    @Test("HTTP-4: what Range and If-Range ask for", arguments: rows)
    func table(lines: String, expected: String) throws {
        #expect(try plan(lines) == expected)
    }

    @Test("HTTP-4: a Range is for GET only")
    func head() throws { #expect(try plan("Range: bytes=0-4\r\n", method: "HEAD") == "whole") }

    @Test("HTTP-4: the number of ranges is bounded")
    func bound() throws {
        let ranges = (0..<RangePlan.maxRanges).map { "\($0 * 10)-\($0 * 10)" }.joined(separator: ",")
        #expect(try plan("Range: bytes=\(ranges)\r\n") == "several \(RangePlan.maxRanges)")
        #expect(try plan("Range: bytes=\(ranges),9999-9999\r\n") == "whole")
    }
}
