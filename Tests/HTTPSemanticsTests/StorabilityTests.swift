import HTTPSemantics
import Testing

@Suite("What a shared cache may store")
struct StorabilityTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status = 200
        var line = ""
        var vary = ""
        var storesNotFound = false
        var respectsCacheControl = true
        var storability = Storability.storable
        var testDescription: String { "\(status) \(line) Vary: \(vary) → \(storability)" }
    }

    @Test(
        "CACHE-1, CACHE-7: responses to GET (RFC 9111 §3)",
        arguments: [
            Case(), Case(line: "public, max-age=60"), Case(line: "max-age=0"), Case(line: "no-cache"),
            Case(line: "no-cache=\"Set-Cookie\""), Case(line: "must-revalidate"), Case(line: "immutable"),
            Case(line: "no-store", storability: .never(.noStore)),
            Case(line: "NO-STORE, max-age=60", storability: .never(.noStore)),
            Case(line: "private", storability: .never(.private)),
            Case(line: "private=\"X-User\", max-age=60", storability: .never(.private)),
            Case(line: "public, private", storability: .never(.private)),
            Case(line: "must-understand, no-store"), Case(line: "must-understand"),
            Case(line: "must-understand=\"\", no-store", storability: .never(.noStore)),
            Case(line: "must-understand, no-store, private", storability: .never(.private)),
            Case(status: 404, line: "must-understand, no-store", storesNotFound: true),
            Case(line: "no-store, private", respectsCacheControl: false),
            Case(vary: "*", storability: .never(.varyAny)), Case(vary: "accept, *", storability: .never(.varyAny)),
            Case(vary: "*", respectsCacheControl: false, storability: .never(.varyAny)),
            Case(vary: "Origin, Accept-Encoding"), Case(vary: "Accept-Language"),
            Case(status: 404, storability: .never(.status)), Case(status: 404, storesNotFound: true),
            Case(status: 404, line: "no-store", storesNotFound: true, storability: .never(.noStore)),
            Case(status: 404, vary: "*", storesNotFound: true, storability: .never(.varyAny)),
        ]
            + [100, 201, 203, 204, 206, 301, 302, 304, 308, 403, 410, 412, 416, 500, 503].map {
                Case(status: $0, line: "public, max-age=60", storesNotFound: true, storability: .never(.status))
            })
    func table(row: Case) {
        var cacheControl = ResponseCacheControl()
        cacheControl.read(row.line.utf8.span)
        var vary = VaryFields.none
        vary.read(row.vary.utf8.span)
        let found = Storability(
            status: row.status, cacheControl: cacheControl, vary: vary, storesNotFound: row.storesNotFound,
            respectsCacheControl: row.respectsCacheControl)
        #expect(found == row.storability)
    }
}
