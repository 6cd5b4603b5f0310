import HTTPSemantics
import Testing

@Suite("The one reading of a path")
struct RequestPathTests {
    private func decode(_ raw: [UInt8]) throws(PathFailure) -> [UInt8] {
        var out: [UInt8] = [1, 2, 3]
        try RequestPath.decode(raw.span, into: &out)
        return out
    }

    @Test(
        "RTE-2: legal paths are decoded once and kept byte by byte",
        arguments: [
            ("/", "/"), ("/a/b/c.txt", "/a/b/c.txt"), ("//a//b//", "//a//b//"), ("/a+b", "/a+b"), ("/a%20b", "/a b"),
            ("/a%2Bb", "/a+b"), ("/%252e%252e/x", "/%2e%2e/x"), ("/%252e", "/%2e"), ("/a%2Fb", "/a/b"),
            ("/...", "/..."),
            ("/..a/b..", "/..a/b.."), ("/.hidden", "/.hidden"), ("/a/.../b", "/a/.../b"), ("/a%5Cb", "/a\\b"),
            ("/a\\b", "/a\\b"), ("/%E6%97%A5", "/日"), ("/日本", "/日本"), ("/A%41a%61", "/AAaa"), ("/a%23b", "/a#b"),
            ("/a%3Fb", "/a?b"), ("/%25", "/%"), ("/a;v=1", "/a;v=1"), ("/~%7e", "/~~"), ("/%0a", "/\n"),
            ("/.%20", "/. "),
            ("/a.", "/a."), ("/' OR 1=1".replacingSpaces, "/' OR 1=1"),
        ])
    func legal(raw: String, key: String) throws {
        #expect(try decode(Array(raw.utf8)) == Array(key.utf8))
    }

    @Test("RTE-2: bytes that are no UTF-8 stay what they are")
    func bytes() throws {
        #expect(try decode(Array("/%ff%80".utf8)) == [0x2f, 0xff, 0x80])
        #expect(try decode([0x2f, 0xff]) == [0x2f, 0xff])
    }

    @Test(
        "RTE-2, HTTP-6: dot segments are refused, however they are written and split",
        arguments: [
            "/..", "/.", "/../", "/./", "/a/../b", "/a/./b", "/a/..", "/a/.", "/%2e%2e", "/%2E", "/.%2e/x",
            "/a%2f..%2fb",
            "/a%2F%2e%2e", "/a\\..\\b", "/..\\x", "/a%5c..", "/a%5C.%5Cb", "//..", "/..%2f", "/%2e%2e%5cx", "/a//../b",
            "/..//",
        ])
    func dotSegments(raw: String) {
        #expect(throws: PathFailure.dotSegment) { try decode(Array(raw.utf8)) }
    }

    @Test(
        "RTE-2: illegal paths are refused with their reason",
        arguments: [
            ("", .notAbsolute), ("a", .notAbsolute), ("*", .notAbsolute), ("%2Fa", .notAbsolute), ("/%", .badEscape),
            ("/%2", .badEscape), ("/%zz", .badEscape), ("/a%2", .badEscape), ("/%-1", .badEscape), ("/% 1", .badEscape),
            ("/%00", .nul), ("/a%00b", .nul), ("/a#b", .illegalByte), ("/a?b", .illegalByte), ("/a b", .illegalByte),
            ("/a\nb", .illegalByte), ("/a\u{7f}", .illegalByte), ("/\0", .illegalByte),
        ] as [(String, PathFailure)])
    func illegal(raw: String, failure: PathFailure) {
        #expect(throws: failure) { try decode(Array(raw.utf8)) }
    }

    @Test("RTE-2: the short way for plain paths and a reading word by word of the rule agree on random paths")
    func agreesWithRule() {
        let pieces = ["/", "/", ".", "..", "a", "b", "%2e", "%2F", "%5c", "\\", "%25", "2e", "%00", "%", "#", "+", "é"]
        var random = SeededGenerator(seed: 3)
        var accepted = 0
        for _ in 0..<100_000 {
            let raw = [0x2f] + random.bytes(of: pieces, upTo: 8)
            let expected = Self.rule(raw)
            let actual: [UInt8]?
            do throws(PathFailure) { actual = try decode(raw) } catch { actual = nil }
            if actual != expected { Issue.record("\(raw)") }
            if actual != nil { accepted += 1 }
        }
        #expect(accepted > 10_000)
    }

    /// The requirement, written down without a thought of speed; nil for a path that is refused.
    private static func rule(_ raw: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = []
        var rest = raw[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0...0x20, 0x7f, UInt8(ascii: "#"), UInt8(ascii: "?"): return nil
            case UInt8(ascii: "%"):
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16),
                    value != 0
                else { return nil }
                out.append(value)
                rest = rest.dropFirst(2)
            default: out.append(byte)
            }
        }
        let segments = out.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\")
        }
        return segments.contains { $0 == [0x2e] || $0 == [0x2e, 0x2e] } ? nil : out
    }
}

extension String {
    fileprivate var replacingSpaces: String { split(separator: " ").joined(separator: "%20") }
}
