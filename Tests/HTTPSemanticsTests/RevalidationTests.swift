import HTTPSemantics
import Testing

@Suite("What a 304 confirms and changes")
struct RevalidationTests {
    @Test(
        "CACHE-5: fields that a 304 replaces (RFC 9111 §3.2)",
        arguments: [
            "cache-control", "date", "expires", "age", "last-modified", "vary", "content-disposition",
            "content-language", "content-location", "x-amz-meta-a", "x-amz-request-id", "etags", "server", "",
        ])
    func replaced(name: String) {
        let isReplaced = RevalidationFields.replaces(name.utf8.span)
        #expect(isReplaced)
    }

    @Test(
        "CACHE-5: fields that stay as they were stored",
        arguments: [
            "content-length", "content-encoding", "content-type", "content-range", "etag", "connection",
            "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authenticate",
            "proxy-authentication-info", "proxy-authorization",
        ])
    func kept(name: String) {
        let isReplaced = RevalidationFields.replaces(name.utf8.span)
        #expect(!isReplaced)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var stored = ""
        var storedDate: Int64?
        var response = ""
        var responseDate: Int64?
        var isMatch: Bool
        var testDescription: String {
            "\(stored) \(storedDate ?? 0) | \(response) \(responseDate ?? 0) → \(isMatch)"
        }
    }

    @Test(
        "CACHE-5: whether a 304 speaks of the stored response (RFC 9111 §4.3.4)",
        arguments: [
            Case(stored: "\"a\"", response: "\"a\"", isMatch: true),
            Case(stored: "\"a\"", response: "\"b\"", isMatch: false),
            Case(stored: "W/\"a\"", response: "\"a\"", isMatch: false),
            Case(stored: "\"a\"", response: "W/\"a\"", isMatch: true),
            Case(stored: "W/\"a\"", response: "W/\"a\"", isMatch: true),
            Case(stored: "W/\"a\"", response: "W/\"b\"", isMatch: false),
            Case(stored: "a", response: "\"a\"", isMatch: true),
            Case(response: "\"a\"", isMatch: false),
            Case(storedDate: 5, response: "\"a\"", responseDate: 5, isMatch: false),
            Case(stored: "\"a\"", storedDate: 5, response: "\"b\"", responseDate: 5, isMatch: false),
            Case(stored: "\"a\"", storedDate: 5, response: "\"a\"", responseDate: 6, isMatch: true),
            Case(stored: "\"a\"", storedDate: 5, response: "W/\"b\"", responseDate: 5, isMatch: false),
            Case(storedDate: 5, response: "W/\"a\"", responseDate: 5, isMatch: true),
            Case(storedDate: 5, response: "W/\"a\"", responseDate: 6, isMatch: false),
            Case(storedDate: 5, response: "W/\"a\"", isMatch: false),
            Case(stored: "\"a\"", storedDate: 5, responseDate: 5, isMatch: true),
            Case(stored: "\"a\"", storedDate: 5, responseDate: 6, isMatch: false),
            Case(stored: "\"a\"", responseDate: 5, isMatch: false),
            Case(storedDate: 5, responseDate: 5, isMatch: true), Case(responseDate: 5, isMatch: false),
            Case(isMatch: true), Case(storedDate: 5, isMatch: false), Case(stored: "\"a\"", isMatch: false),
        ])
    func validators(row: Case) {
        let isMatch = Validators.matches304(
            storedETag: row.stored.utf8.span, storedLastModified: row.storedDate, responseETag: row.response.utf8.span,
            responseLastModified: row.responseDate)
        #expect(isMatch == row.isMatch)
    }
}
