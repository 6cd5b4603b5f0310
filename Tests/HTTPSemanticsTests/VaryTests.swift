import HTTPSemantics
import Testing

@Suite("Variants")
struct VaryTests {
    private func read(_ lines: [String]) -> VaryFields {
        var value = VaryFields.none
        for line in lines { value.read(line.utf8.span) }
        return value
    }

    private func value(_ lines: [String]) -> String {
        var value: [UInt8] = []
        for line in lines { VaryValue.append(line.utf8.span, to: &value) }
        return String(decoding: value, as: UTF8.self)
    }

    private static func named(_ names: String...) -> VaryFields { .names(names.map { Array($0.utf8) }) }

    private static func numbered(_ count: Int, length: Int = 3) -> [String] {
        (0..<count).map { "x\($0 + 10)".padding(to: length) }
    }

    @Test(
        "CACHE-1: which fields Vary names (RFC 9110 §12.5.5)",
        arguments: [
            ([], .none), ([""], .none), ([" ,\t, "], .none), (["Origin"], .none),
            (["origin , ACCEPT-ENCODING", "Accept-Encoding"], .none), (["*"], .any), (["Accept, *"], .any),
            (["*", "Accept"], .any), (["Accept", " * "], .any), (["Origin, *"], .any),
            (["Accept"], named("accept")), (["X-B,x-a", "X-b"], named("x-a", "x-b")),
            (
                ["Origin, Accept-Language,,Access-Control-Request-Method"],
                named("accept-language", "access-control-request-method")
            ),
            (["accept, accept-encodings, origins"], named("accept", "accept-encodings", "origins")),
            (["**"], named("**")), (["a b"], .any), (["\"accept\""], .any), (["accept;q=1"], .any), (["é"], .any),
        ] as [([String], VaryFields)])
    func names(lines: [String], fields: VaryFields) {
        #expect(read(lines) == fields)
        #expect(read(lines.reversed()) == fields)
    }

    @Test("CACHE-1: more names than can be kept are as good as `*`")
    func limits() {
        let all = Self.numbered(16)
        #expect(read(all + ["Origin", all[0]]) == .names(all.map { Array($0.utf8) }))
        #expect(read([Self.numbered(17).joined(separator: ",")]) == .any)
        #expect(read(Self.numbered(17)) == .any)
        let long = Self.numbered(4, length: 128)
        #expect(read(long) == .names(long.map { Array($0.utf8) }))
        #expect(read(long + ["a"]) == .any)
        #expect(read([String(repeating: "a", count: 513)]) == .any)
        #expect(read([String(repeating: "a", count: 512)]) != .any)
    }

    @Test(
        "CACHE-1: values that are compared (RFC 9111 §4.1)",
        arguments: [
            ([], ""), ([""], ""), (["en"], "en"), ([" en\t"], "en"), (["en,de"], "en, de"),
            (["en ,\t de"], "en, de"), (["en", "de"], "en, de"), (["en, de", " fr "], "en, de, fr"),
            (["en  us"], "en  us"), (["EN"], "EN"), (["de;q=0.5 , en"], "de;q=0.5, en"), (["a,,b"], "a,, b"),
            (["a , , b"], "a,, b"), (["a,"], "a,"), ([",a"], ", a"), (["\"a,b\" ,c"], "\"a,b\", c"),
            (["\"a ,  b\""], "\"a ,  b\""), (["\"a\\\" ,b\",c"], "\"a\\\" ,b\", c"), (["\"a ,b"], "\"a ,b"),
            (["a", "", "b"], "a, b"), (["\"", "a,b"], "\", a, b"), ([","], ","), (["\"\\"], "\"\\"),
        ] as [([String], String)])
    func values(lines: [String], expected: String) {
        #expect(value(lines) == expected)
    }

    @Test("CACHE-1: no bytes make the readers trap; a value that is brought into form stays as it is")
    func fuzz() {
        let pieces = ["accept", "origin", "*", ",", " ", "\t", "\"", "\\", "x-a", "X-B"]
        var random = SeededGenerator(seed: 12)
        for _ in 0..<30_000 {
            let bytes = random.bytes(of: pieces, upTo: 8)
            var fields = VaryFields.none
            fields.read(bytes.span)
            var once: [UInt8] = []
            VaryValue.append(bytes.span, to: &once)
            var twice: [UInt8] = []
            VaryValue.append(once.span, to: &twice)
            if once != twice { Issue.record("\(bytes)") }
        }
    }
}

extension String {
    fileprivate func padding(to length: Int) -> String { self + String(repeating: "x", count: max(0, length - count)) }
}
