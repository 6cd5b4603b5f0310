import NIOCore
import S3
import Testing

@Suite("The query that passes")
struct ObjectQueryTests {
    private func parse(_ raw: String, overrides: Bool = true) throws(QueryFailure) -> String {
        let query = try ObjectQuery.parse(raw.utf8.span, allowsOverrides: overrides)
        var out = ByteBuffer()
        query.write(to: &out)
        return String(buffer: out)
    }

    @Test(
        "S3-3: versionId and allowed overrides pass, sorted and encoded anew; all else stays behind",
        arguments: [
            ("", ""), ("versionId=abc", "versionId=abc"), ("a=b&versionId=abc&token=secret", "versionId=abc"),
            ("versionId=", ""), ("versionId", ""), ("=x", ""), ("&&&", ""), ("VersionId=x", ""), ("versionid=x", ""),
            ("version%49d=x", "versionId=x"), ("versionId=a%2Fb", "versionId=a%2Fb"),
            ("versionId=a/b", "versionId=a%2Fb"),
            ("versionId=a+b", "versionId=a%20b"), ("versionId=a%2Bb", "versionId=a%2Bb"),
            ("versionId=a=b", "versionId=a%3Db"),
            ("uploadId=1&acl&policy&X-Amz-Signature=0", ""), ("other=%zz&versionId=1", "versionId=1"), ("%zz=1", ""),
            (
                "versionId=1&response-content-type=text/html&response-cache-control=no-store",
                "response-cache-control=no-store&response-content-type=text%2Fhtml&versionId=1"
            ),
            (
                "response-content-disposition=attachment%3B%20filename%3D%22%C3%BC%22",
                "response-content-disposition=attachment%3B%20filename%3D%22%C3%BC%22"
            ),
            (
                "response-expires=0&response-content-language=de&response-content-encoding=gzip",
                "response-content-encoding=gzip&response-content-language=de&response-expires=0"
            ),
        ])
    func passes(raw: String, kept: String) throws {
        #expect(try parse(raw) == kept)
    }

    @Test("S3-3: overrides stay behind where the bucket does not allow them, versionId does not")
    func overridesOff() throws {
        let raw = ObjectQuery.Name.allCases.map { "\($0.text)=x%zz" }.filter { !$0.hasPrefix("v") } + ["versionId=v"]
        #expect(try parse(raw.joined(separator: "&"), overrides: false) == "versionId=v")
    }

    @Test(
        "S3-3: parameters that would pass but cannot be trusted are refused",
        arguments: [
            ("versionId=%", .badEscape), ("versionId=%4", .badEscape), ("versionId=%zz", .badEscape),
            ("versionId=a%0d%0aX:y", .controlCharacter), ("versionId=%00", .controlCharacter),
            ("response-content-type=a%7f", .controlCharacter), ("versionId=a&versionId=b", .repeated),
            ("versionId=a&version%49d=a", .repeated),
        ] as [(String, QueryFailure)])
    func refused(raw: String, failure: QueryFailure) {
        #expect(throws: failure) { try parse(raw) }
    }

    @Test("S3-3: whatever is asked, only safe and known parameters come out")
    func fuzz() throws {
        let pieces = [
            "versionId", "response-expires", "=", "&", "%", "%0d", "%41", "+", ";", "?", "#", "a", "\r\n", "é",
        ]
        let names = Set(ObjectQuery.Name.allCases.map { "\($0.text)" })
        var random = SeededGenerator(seed: 8)
        var kept = 0
        for _ in 0..<20_000 {
            let raw = Array("versionId=".utf8) + random.bytes(of: pieces, upTo: 9)
            guard let query = try? ObjectQuery.parse(raw.span, allowsOverrides: true), !query.isEmpty else { continue }
            var out = ByteBuffer()
            query.write(to: &out)
            let text = String(buffer: out)
            kept += 1
            let isSafe = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }
            let isKnown = text.split(separator: "&").allSatisfy { names.contains(String($0.prefix { $0 != "=" })) }
            if !isSafe || !isKnown { Issue.record("\(text)") }
            if try parse(text) != text { Issue.record("not stable: \(text)") }
        }
        #expect(kept > 1_000)
    }
}
