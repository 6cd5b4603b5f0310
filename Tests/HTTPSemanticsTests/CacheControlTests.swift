import HTTPSemantics
import Testing

@Suite("Cache-Control")
struct CacheControlTests {
    private static let greatest: Int64 = 2_147_483_648

    private func read(_ lines: [String]) -> ResponseCacheControl {
        var value = ResponseCacheControl()
        for line in lines { value.read(line.utf8.span) }
        return value
    }

    private static func expected(_ change: (inout ResponseCacheControl) -> Void) -> ResponseCacheControl {
        var value = ResponseCacheControl()
        change(&value)
        return value
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let lines: [String]
        let value: ResponseCacheControl
        var testDescription: String { lines.joined(separator: " | ") }

        init(_ lines: String..., value change: (inout ResponseCacheControl) -> Void = { _ in }) {
            self.lines = lines
            value = expected(change)
        }
    }

    private static let flagCases: [Case] = [
        Case(), Case(""), Case(" , ,\t,"), Case("foo, bar=1, baz=\"no-store\""), Case("nostore, no-storex, no"),
        Case("no-store") { $0.noStore = true }, Case("NO-Store") { $0.noStore = true },
        Case("no-store=1") { $0.noStore = true }, Case("no-store =") { $0.noStore = true },
        Case("no-cache") { $0.noCache = true }, Case("no-cache=\"Set-Cookie, Age\"") { $0.noCache = true },
        Case("no-cache=Set-Cookie") { $0.noCache = true }, Case("no-cache=\"\"") { $0.noCache = true },
        Case("private") { $0.isPrivate = true }, Case("Private=\"X-User\"") { $0.isPrivate = true },
        Case("private=\"a\"b") { $0.isPrivate = true },
        Case("public") { $0.isPublic = true }, Case("public=1"), Case("must-revalidate") { $0.mustRevalidate = true },
        Case("proxy-revalidate") { $0.proxyRevalidate = true },
        Case("must-understand, no-store") {
            $0.mustUnderstand = true; $0.noStore = true
        }, Case("must-understand=x"),
        Case("immutable") { $0.immutable = true }, Case("immutable="),
        Case("public,private , no-cache") {
            $0.isPublic = true; $0.isPrivate = true; $0.noCache = true
        },
        Case("public", "no-store") {
            $0.isPublic = true; $0.noStore = true
        },
        Case("ext=\"a, no-store, b\", no-cache") { $0.noCache = true },
        Case("ext=\"a\\\", no-store\", no-cache") { $0.noCache = true },
        Case("ext=\"a, no-store") { $0.noStore = true }, Case("ext=\"a\\\", no-store") { $0.noStore = true },
        Case("ext=\"a", "no-store, x=\"") { $0.noStore = true }, Case("e\"xt, no-store, x\"") { $0.noStore = true },
        Case("=no-store, =\"x\", no-cache") { $0.noCache = true }, Case("no-store;max-age=1"), Case("no store"),
        Case("no-transform, only-if-cached, min-fresh=1"),
    ]

    private static let numberCases: [Case] = [
        Case("max-age=0") { $0.maxAge = 0 }, Case("max-age=60") { $0.maxAge = 60 },
        Case("max-age=\"60\"") { $0.maxAge = 60 }, Case("MAX-AGE=0060 ,") { $0.maxAge = 60 },
        Case("max-age") { $0.maxAge = 0 }, Case("max-age=") { $0.maxAge = 0 }, Case("max-age=\"\"") { $0.maxAge = 0 },
        Case("max-age=-1") { $0.maxAge = 0 }, Case("max-age=+1") { $0.maxAge = 0 },
        Case("max-age=1.5") { $0.maxAge = 0 }, Case("max-age=1h") { $0.maxAge = 0 },
        Case("max-age=60 s") { $0.maxAge = 0 }, Case("max-age = 60") { $0.maxAge = 0 },
        Case("max-age =60") { $0.maxAge = 0 }, Case("max-age= 60") { $0.maxAge = 0 },
        Case("max-age=\" 60\"") { $0.maxAge = 0 }, Case("max-age=\"60\"x") { $0.maxAge = 0 },
        Case("max-age=\"60, no-store") {
            $0.maxAge = 0; $0.noStore = true
        },
        Case("max-age='60'") { $0.maxAge = 0 }, Case("max-age=60\"") { $0.maxAge = 0 },
        Case("max-age=2147483647") { $0.maxAge = 2_147_483_647 }, Case("max-age=2147483649") { $0.maxAge = greatest },
        Case("max-age=99999999999999999999999") { $0.maxAge = greatest },
        Case("max-age=60, max-age=30") { $0.maxAge = 30 }, Case("max-age=30", "max-age=60") { $0.maxAge = 30 },
        Case("max-age=60, max-age=x") { $0.maxAge = 0 }, Case("s-maxage=9") { $0.sMaxAge = 9 },
        Case("s-maxage=9, s-maxage=8, max-age=7") {
            $0.sMaxAge = 8; $0.maxAge = 7
        },
        Case("smaxage=9, s-max-age=9"), Case("stale-while-revalidate") { $0.staleWhileRevalidate = 0 },
        Case("stale-while-revalidate=5, stale-while-revalidate=6") { $0.staleWhileRevalidate = 5 },
        Case("stale-if-error=86400") { $0.staleIfError = 86_400 },
        Case("max-age=600, stale-while-revalidate=30", "stale-if-error=\"1200\"") {
            $0.maxAge = 600
            $0.staleWhileRevalidate = 30
            $0.staleIfError = 1_200
        },
    ]

    @Test("CACHE-1: directives without numbers (RFC 9111 §5.2.2)", arguments: flagCases)
    func flags(row: Case) {
        #expect(read(row.lines) == row.value)
        #expect(read(row.lines.reversed()) == row.value)
    }

    @Test("CACHE-1, CACHE-7: delta-seconds, their limits and several of them (RFC 9111 §1.2.2)", arguments: numberCases)
    func numbers(row: Case) {
        #expect(read(row.lines) == row.value)
        #expect(read(row.lines.map { $0.uppercased() }) == row.value)
    }

    @Test(
        "CACHE-1: of a request only-if-cached is read (RFC 9111 §5.2.1.7)",
        arguments: [
            (["only-if-cached"], true), (["max-age=0", "Only-If-Cached"], true), (["x=\"only-if-cached\""], false),
            (["no-cache, no-store"], false), ([], false), (["a=\", only-if-cached"], true),
        ])
    func request(lines: [String], isSet: Bool) {
        var value = RequestCacheControl()
        for line in lines { value.read(line.utf8.span) }
        #expect(value.onlyIfCached == isSet)
    }

    @Test("CACHE-1: no bytes make the reader trap, and the order of lines means nothing")
    func fuzz() {
        let pieces = [
            "no-store", "private", "max-age", "s-maxage", "stale-if-error", "=", "\"", "\\", ",", " ", "9",
            "99999999999",
        ]
        var random = SeededGenerator(seed: 11)
        for _ in 0..<30_000 {
            let one = random.bytes(of: pieces, upTo: 8)
            let other = random.bytes(of: pieces, upTo: 8)
            var forth = ResponseCacheControl()
            forth.read(one.span)
            forth.read(other.span)
            var back = ResponseCacheControl()
            back.read(other.span)
            back.read(one.span)
            if forth != back { Issue.record("\(one) \(other)") }
        }
    }
}
