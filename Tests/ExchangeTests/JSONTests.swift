import Testing

@testable import Exchange

@Suite struct JSONTests {
    private static func read(_ text: String, _ limits: JSONLimits = .answer) -> Result<JSONDocument, JSONFailure> {
        Result { () throws(JSONFailure) in try JSONDocument(Array(text.utf8), limits: limits) }
    }

    @Test(
        "RFC 8259: what is JSON is read",
        arguments: [
            "0", "-0", "1.5e+10", "-12E-3", "\"\"", "\"a\\u0041\\ud83d\\ude00\\/\"", "true", "false", "null", "[]",
            "{}",
            " [ 1 , [ ] , { \"a\" : { } } ] \r\n\t", "{\"a\":1,\"b\":[true,null]}", "\"\u{e9}\u{1F600}\"",
        ])
    func accepted(text: String) {
        #expect((try? Self.read(text).get()) != nil)
    }

    @Test(
        "RFC 8259: what is not JSON is refused",
        arguments: [
            "", " ", "01", "1.", ".5", "-", "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "True", "nulls", "'a'",
            "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "{]", "[}",
            "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "1 2", "[]x", "\u{feff}1",
            "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "/**/1", "{\"a\":1}}",
        ])
    func refused(text: String) {
        #expect(throws: JSONFailure.self) { try Self.read(text).get() }
    }

    @Test("RFC 7493: bytes that are not UTF-8 are refused")
    func notUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(throws: JSONFailure.notUTF8) { try JSONDocument([0x22] + bytes + [0x22]) }
        }
    }

    @Test(
        "JWT-5: a name that stands twice is refused, however it is spelled",
        arguments: [
            "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":{},\"\\u0061\":2}", "{\"\\u0061\":[],\"a\":2}",
            "{\"x\":{\"a\":1,\"a\":1}}", "[{\"\":1,\"\":1}]",
        ])
    func duplicates(text: String) {
        guard case .failure(.duplicateName) = Self.read(text) else {
            Issue.record("accepted: \(text)")
            return
        }
    }

    @Test("JWT-5: in an object of many members too a name stands once", arguments: [2, 12, 13, 14, 100, 2_000])
    func manyNames(count: Int) {
        let members = (0..<count).map { #""n\#($0)":0"# }.joined(separator: ",")
        #expect((try? Self.read("{\(members)}").get()) != nil)
        for number in [0, count / 2, count - 1] {
            guard case .failure(.duplicateName) = Self.read(#"{\#(members),"\u006e\#(number)":0}"#) else {
                Issue.record("accepted n\(number) twice")
                continue
            }
        }
    }

    @Test("one name in several objects is no duplicate")
    func sameNames() throws {
        let document = try Self.read("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":2},{\"a\":3}]}").get()
        #expect(document.root.at([Array("a".utf8), Array("a".utf8), Array("a".utf8)])?.number == .integer(1))
    }

    @Test("JWT-5: depth and number of values are bounded")
    func bounds() {
        let limits = JSONLimits(depth: 4, nodes: 8)
        #expect((try? Self.read("[[[[1]]]]", limits).get()) != nil)
        #expect(throws: JSONFailure.tooDeep) { try Self.read("[[[[[1]]]]]", limits).get() }
        #expect((try? Self.read("[1,2,3,4,5,6,7]", limits).get()) != nil)
        #expect(throws: JSONFailure.tooMany) { try Self.read("[1,2,3,4,5,6,7,8]", limits).get() }
        let bomb = String(repeating: "[", count: 100_000)
        #expect(throws: JSONFailure.tooDeep) { try Self.read(bomb).get() }
        #expect(throws: JSONFailure.tooDeep) {
            try Self.read(String(repeating: "{\"a\":", count: 100_000)).get()
        }
    }

    @Test("values are found and told")
    func values() throws {
        let text = #"{"s":"a\n\u00e9","n":-12,"f":1.5,"t":true,"z":null,"l":[1,"x",[2]],"\u006b":{"d":7}}"#
        let root = try Self.read(text).get().root
        #expect(root["s"]?.string == Array("a\n\u{e9}".utf8))
        #expect(root["s"]?.equals(Array("a\n\u{e9}".utf8)) == true)
        #expect(root["n"]?.number == .integer(-12) && root["f"]?.number == .fraction(1.5))
        #expect(root["t"]?.bool == true && root["z"]?.kind == .null && root["s"]?.bool == nil)
        #expect(root["l"]?.elements.map(\.kind) == [.number, .string, .array])
        #expect(root.at([Array("k".utf8), Array("d".utf8)])?.number == .integer(7))
        #expect(root["d"] == nil && root["n"]?["x"] == nil && root.at([[0x6B], [0x64], [0x64]]) == nil)
    }

    @Test(
        "numbers keep what they say, or say nothing",
        arguments: [
            ("9223372036854775807", JSONNumber.integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .fraction(9_223_372_036_854_775_808)), ("1e3", .fraction(1_000)),
            ("000000000000000000", nil), ("1e400", nil), ("-1e400", nil), (String(repeating: "9", count: 1_000), nil),
            ("999999999999999999", .integer(999_999_999_999_999_999)),
        ] as [(String, JSONNumber?)])
    func numbers(text: String, value: JSONNumber?) {
        #expect((try? Self.read(text).get())?.root.number == value)
    }
}
