import HTTPSemantics
import Testing

@Suite("Dates of HTTP fields")
struct HTTPDateTests {
    private static let now: Int64 = 1_700_000_000

    private func parse(_ text: String, now: Int64 = HTTPDateTests.now) -> Int64? {
        HTTPDate.parse(text.utf8.span, now: now)
    }

    private func format(_ seconds: Int64) -> String {
        let text = HTTPDate.format(seconds)
        return String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
    }

    @Test(
        "HTTP-5: the three forms of a date are one moment",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ])
    func forms(text: String) {
        #expect(parse(text) == 784_111_777)
    }

    @Test(
        "HTTP-5: known moments, read and written",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
        ] as [(String, Int64)])
    func moments(text: String, seconds: Int64) {
        #expect(parse(text) == seconds)
        #expect(format(seconds) == text)
    }

    @Test(
        "HTTP-5: what is no date is none",
        arguments: [
            "", "0", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 30 Feb 1994 08:49:37 GMT",
            "Thu, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT", "sun, 06 nov 1994 08:49:37 gmt", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sundax, 06-Nov-94 08:49:37 GMT",
            "Sun Nov 06 08:49:37 94", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT", "Sun Nov  x 08:49:37 1994",
            "1994-11-06T08:49:37Z", "Sunday, 06-Nov-94 08:49:37", "SunSunSunSunSunSunSunSunSun",
        ])
    func nonsense(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("HTTP-5: a two-digit year lies at most 50 years ahead")
    func century() {
        #expect(parse("Tuesday, 06-Nov-73 08:49:37 GMT") == parse("Mon, 06 Nov 2073 08:49:37 GMT"))
        #expect(parse("Tuesday, 06-Nov-74 08:49:37 GMT") == parse("Wed, 06 Nov 1974 08:49:37 GMT"))
    }

    @Test("HTTP-5: every moment survives writing and reading; beyond year 9999 the last one is written")
    func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let seconds = Int64.random(in: CivilTime.earliest...CivilTime.latest, using: &random)
            if parse(format(seconds)) != seconds { Issue.record("\(seconds)") }
        }
        #expect(format(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(format(.min) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test("HTTP-5: no bytes make the date reader trap")
    func fuzz() {
        let pieces = ["Sun", "Sunday", ", ", " ", "06", "6", "-", "Nov", "1994", "94", "08:49:37", "GMT", ":", "99"]
        var random = SeededGenerator(seed: 2)
        for _ in 0..<50_000 {
            let bytes = random.bytes(of: pieces, upTo: 12)
            if let moment = HTTPDate.parse(bytes.span, now: Int64.random(in: .min ... .max, using: &random)) {
                #expect((CivilTime.earliest...CivilTime.latest + 1).contains(moment))
            }
        }
    }
}
