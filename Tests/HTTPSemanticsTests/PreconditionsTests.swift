import HTTPSemantics
import Testing

@Suite("Preconditions")
struct PreconditionsTests {
    private static let modified: Int64 = 784_111_777
    private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let later = "Sun, 06 Nov 1994 08:49:38 GMT"

    struct Case: Sendable, CustomTestStringConvertible {
        var match = ""
        var unmodified = ""
        var noneMatch = ""
        var modified = ""
        var etag = "\"a\""
        var hasDate = true
        var outcome: Preconditions.Outcome
        var testDescription: String { "\(match)|\(unmodified)|\(noneMatch)|\(modified)|\(etag) → \(outcome)" }
    }

    @Test(
        "HTTP-5: conditions and their precedence (RFC 9110 §13.2.2)",
        arguments: [
            Case(outcome: .proceed),
            Case(match: "\"a\"", outcome: .proceed), Case(match: "\"b\"", outcome: .failed),
            Case(match: "*", outcome: .proceed), Case(match: "\"b\", \"a\"", outcome: .proceed),
            Case(match: "W/\"a\"", outcome: .failed), Case(match: "\"a\"", etag: "W/\"a\"", outcome: .failed),
            Case(match: "\"a\"", etag: "", outcome: .failed), Case(match: "*", etag: "", outcome: .proceed),
            Case(match: "\"a,b\", \"c\"", etag: "\"a,b\"", outcome: .proceed), Case(match: "a", outcome: .proceed),
            Case(unmodified: same, outcome: .proceed), Case(unmodified: later, outcome: .proceed),
            Case(unmodified: earlier, outcome: .failed), Case(unmodified: "soon", outcome: .proceed),
            Case(unmodified: earlier, hasDate: false, outcome: .proceed),
            Case(match: "\"a\"", unmodified: earlier, outcome: .proceed),
            Case(noneMatch: "\"a\"", outcome: .notModified), Case(noneMatch: "W/\"a\"", outcome: .notModified),
            Case(noneMatch: "\"b\"", outcome: .proceed), Case(noneMatch: "*", outcome: .notModified),
            Case(noneMatch: "\"b\" , W/\"a\"", outcome: .notModified), Case(noneMatch: "\"A\"", outcome: .proceed),
            Case(noneMatch: "\"b\"", modified: same, outcome: .proceed),
            Case(modified: same, outcome: .notModified), Case(modified: later, outcome: .notModified),
            Case(modified: earlier, outcome: .proceed), Case(modified: "never", outcome: .proceed),
            Case(modified: same, hasDate: false, outcome: .proceed),
            Case(match: "\"b\"", noneMatch: "\"a\"", outcome: .failed),
            Case(match: "\"a\"", noneMatch: "\"a\"", outcome: .notModified),
            Case(unmodified: earlier, modified: same, outcome: .failed),
            Case(match: ",, ,", outcome: .failed), Case(noneMatch: "\"a", outcome: .proceed),
        ])
    func table(row: Case) {
        let outcome = Preconditions.evaluate(
            etag: row.etag.utf8.span, lastModified: row.hasDate ? Self.modified : nil, ifMatch: row.match.utf8.span,
            ifUnmodifiedSince: row.unmodified.utf8.span, ifNoneMatch: row.noneMatch.utf8.span,
            ifModifiedSince: row.modified.utf8.span, now: 1_700_000_000)
        #expect(outcome == row.outcome)
    }

    @Test(
        "HTTP-4: If-Range lets a range apply only to the very same representation",
        arguments: [
            ("", "\"a\"", true), ("\"a\"", "\"a\"", true), ("\"b\"", "\"a\"", false), ("W/\"a\"", "W/\"a\"", false),
            ("\"a\"", "W/\"a\"", false), ("\"a\"", "", false), (same, "\"a\"", true), (earlier, "\"a\"", false),
            (later, "\"a\"", false), ("nonsense", "\"a\"", false),
        ])
    func ifRange(field: String, etag: String, applies: Bool) {
        let result = Preconditions.rangeApplies(
            ifRange: field.utf8.span, etag: etag.utf8.span, lastModified: Self.modified, date: 1_700_000_000)
        #expect(result == applies)
    }

    @Test("HTTP-4: a date is no strong validator within the second it was made in, nor without Last-Modified")
    func weakDate() {
        for (modified, date) in [(Self.modified, Self.modified), (nil, Self.modified + 9)] as [(Int64?, Int64)] {
            let applies = Preconditions.rangeApplies(
                ifRange: Self.same.utf8.span, etag: "\"a\"".utf8.span, lastModified: modified, date: date)
            #expect(!applies)
        }
    }

    @Test("HTTP-5: no bytes make the conditions trap")
    func fuzz() {
        let pieces = ["\"", "W/", "a", ",", " ", "*", "\\", "W/\"a\"", "\"a\"", Self.same]
        var random = SeededGenerator(seed: 6)
        for _ in 0..<30_000 {
            let one = random.bytes(of: pieces, upTo: 6)
            let other = random.bytes(of: pieces, upTo: 6)
            _ = Preconditions.evaluate(
                etag: one.span, lastModified: .max, ifMatch: other.span, ifUnmodifiedSince: one.span,
                ifNoneMatch: other.span, ifModifiedSince: one.span, now: 0)
            _ = Preconditions.rangeApplies(ifRange: one.span, etag: other.span, lastModified: .min, date: .max)
            let isStrong = !one.isEmpty && !EntityTag.isWeak(one.span)
            let equalsItself = EntityTag.matches(one.span, one.span, .strong)
            #expect(equalsItself == isStrong)
        }
    }
}
