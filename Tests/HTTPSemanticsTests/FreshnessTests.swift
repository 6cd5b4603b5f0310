import HTTPSemantics
import Testing

@Suite("Freshness of stored responses")
struct FreshnessTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, and a half second more: when the response came.
    private static let now: Int64 = 784_111_777_500
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let minuteBefore = "Sun, 06 Nov 1994 08:48:37 GMT"
    private static let minuteAfter = "Sun, 06 Nov 1994 08:50:37 GMT"
    private static let rules = FreshnessRules(
        respectsCacheControl: true, defaultLifetime: 7_000, staleWhileRevalidate: 3_000, staleIfError: 4_000)

    private static func freshness(
        _ line: String = "", age: String = "", date: String = date, expires: String? = nil,
        rules: FreshnessRules = rules, delay: Int64 = 0
    ) -> Freshness {
        var cacheControl = ResponseCacheControl()
        cacheControl.read(line.utf8.span)
        let expires = expires.map { Array($0.utf8) }
        return Freshness(
            cacheControl: cacheControl, age: age.utf8.span, date: date.utf8.span, expires: expires?.span, rules: rules,
            requestTime: now - delay, responseTime: now)
    }

    @Test(
        "CACHE-1: the lifetime (RFC 9111 §4.2.1)",
        arguments: [
            ("", nil, 7_000), ("max-age=60", nil, 60_000), ("s-maxage=30, max-age=60", nil, 30_000),
            ("s-maxage=90, max-age=60", minuteAfter, 90_000), ("max-age=5", minuteAfter, 5_000),
            ("", minuteAfter, 60_000), ("", date, 0), ("", minuteBefore, 0), ("", "0", 0), ("", "", 0),
            ("", "-1", 0), ("", "tomorrow", 0), ("public", minuteAfter, 60_000), ("max-age=0", minuteAfter, 0),
            ("max-age=soon", minuteAfter, 0), ("s-maxage=x, max-age=60", nil, 0), ("no-cache", nil, 0),
            ("no-cache, max-age=60", nil, 0), ("no-cache=\"Age\", max-age=60", nil, 0),
            ("max-age=99999999999", nil, 2_147_483_648_000), ("immutable", nil, 7_000),
            ("", "Fri, 31 Dec 9999 23:59:59 GMT", 252_618_189_022_000),
        ] as [(String, String?, Int64)])
    func lifetime(line: String, expires: String?, milliseconds: Int64) {
        #expect(Self.freshness(line, expires: expires).lifetime == milliseconds)
    }

    @Test("CACHE-1: without Date, Expires is compared with the time of receipt (RFC 9110 §6.6.1)")
    func expiresWithoutDate() {
        for date in ["", "yesterday"] {
            let found = Self.freshness(date: date, expires: Self.minuteAfter)
            #expect(found.lifetime == 59_500)
            #expect(found.initialAge == 0)
        }
    }

    @Test(
        "CACHE-1: the age on arrival (RFC 9111 §4.2.3)",
        arguments: [
            ("", date, 0, 0), ("5", date, 0, 5_000), ("5", date, 250, 5_250), ("", minuteBefore, 250, 60_000),
            ("59", minuteBefore, 999, 60_000), ("59", minuteBefore, 1_001, 60_001), ("", minuteAfter, 0, 0),
            ("100", minuteBefore, 0, 100_000), ("-5", date, 0, 0), ("five", date, 0, 0), ("1.5", date, 0, 0),
            ("5, 9", date, 0, 5_000), (" 5 ,x", date, 0, 5_000), (",5", date, 0, 0), ("x, 5", date, 0, 0),
            ("99999999999999999999", date, 0, 2_147_483_648_000), ("5", "", 0, 5_000), ("5", "nonsense", 0, 5_000),
            ("5", date, -1_000, 5_000), ("", "Sat, 01 Jan 0000 00:00:00 GMT", 0, 62_951_330_977_000),
        ] as [(String, String, Int64, Int64)])
    func initialAge(age: String, date: String, delay: Int64, milliseconds: Int64) {
        let found = Self.freshness(age: age, date: date, delay: delay)
        #expect(found.initialAge == milliseconds)
        #expect(found.storedAt == Self.now)
    }

    struct StaleCase: Sendable, CustomTestStringConvertible {
        let line: String
        /// Milliseconds past the lifetime until which the response may be used.
        let whileRevalidating: Int64
        let onError: Int64
        var testDescription: String { line }

        init(_ line: String, _ whileRevalidating: Int64, _ onError: Int64) {
            self.line = line
            self.whileRevalidating = whileRevalidating
            self.onError = onError
        }
    }

    @Test(
        "CACHE-7: how long a stale response may be used (RFC 5861, RFC 9111 §4.2.4)",
        arguments: [
            StaleCase("", 3_000, 4_000), StaleCase("max-age=60", 3_000, 4_000),
            StaleCase("max-age=600, stale-while-revalidate=30", 30_000, 4_000),
            StaleCase("max-age=600, stale-if-error=1200", 3_000, 1_200_000),
            StaleCase("stale-while-revalidate=0, stale-if-error=0", 0, 0),
            StaleCase("stale-while-revalidate, stale-if-error=x", 0, 0),
            StaleCase("max-age=0, stale-while-revalidate=9", 9_000, 4_000),
            StaleCase("must-revalidate", 0, 0), StaleCase("proxy-revalidate, max-age=60", 0, 0),
            StaleCase("must-revalidate, stale-while-revalidate=30, stale-if-error=30", 0, 0),
            StaleCase("proxy-revalidate, stale-while-revalidate=30, stale-if-error=30", 0, 0),
            StaleCase("s-maxage=60", 0, 0), StaleCase("s-maxage=bad", 0, 0),
            StaleCase("s-maxage=60, stale-while-revalidate=30, stale-if-error=30", 0, 0),
            StaleCase("no-cache", 0, 0), StaleCase("no-cache, stale-while-revalidate=30, stale-if-error=30", 0, 0),
        ])
    func stale(row: StaleCase) {
        let found = Self.freshness(row.line)
        let end = Self.now + found.lifetime
        #expect(found.isFresh(at: end - 1) == (found.lifetime > 0))
        #expect(!found.isFresh(at: end))
        // The last millisecond in which the response may be used, and the one after it.
        for (limit, mayServe) in [
            (row.whileRevalidating, found.mayServeWhileRevalidating), (row.onError, found.mayServeOnError),
        ] {
            #expect(mayServe(end) == (limit > 0))
            #expect(mayServe(end + limit - 1) == (limit > 0 || found.lifetime > 0))
            #expect(!mayServe(end + limit))
        }
    }

    @Test(
        "CACHE-1: an operator may let nothing but the settings decide; the age counts still",
        arguments: ["", "no-cache", "max-age=1, stale-if-error=1", "s-maxage=600", "must-revalidate, max-age=9"])
    func disrespect(line: String) {
        var rules = Self.rules
        rules.respectsCacheControl = false
        for expires in [nil, "0", Self.minuteAfter] {
            let found = Self.freshness(line, age: "2", expires: expires, rules: rules)
            let expected = Freshness(
                storedAt: Self.now, initialAge: 2_000, lifetime: 7_000, staleWhileRevalidate: 3_000,
                staleIfError: 4_000, mustRevalidate: false)
            #expect(found == expected)
        }
    }

    @Test("CACHE-1: the age grows with the clock, and a clock that goes back makes nothing younger than it came")
    func clock() {
        let found = Self.freshness("max-age=60", age: "10")
        #expect(found.age(at: Self.now) == 10_000)
        #expect(found.age(at: Self.now + 1_999) == 11_999)
        #expect(found.ageSeconds(at: Self.now + 1_999) == 11)
        #expect(found.remaining(at: Self.now + 1_999) == 48_001)
        #expect(found.remaining(at: Self.now + 51_000) == -1_000)
        #expect(found.age(at: Self.now - 5_000) == 10_000)
        #expect(found.age(at: .min) == 10_000)
        #expect(found.age(at: .max) == .max - Self.now + 10_000)
    }

    @Test("CACHE-1: no numbers make the arithmetic trap")
    func extremes() {
        let numbers: [Int64] = [.min, .min + 1, -1_001, -1, 0, 1, 999, .max - 1, .max]
        for one in numbers {
            for other in numbers {
                let value = Freshness(
                    storedAt: one, initialAge: other, lifetime: one, staleWhileRevalidate: other, staleIfError: one,
                    mustRevalidate: false)
                for now in numbers {
                    #expect(value.age(at: now) >= 0)
                    if value.isFresh(at: now) {
                        #expect(value.mayServeOnError(at: now) && value.mayServeWhileRevalidating(at: now))
                    }
                }
                let rules = FreshnessRules(
                    respectsCacheControl: true, defaultLifetime: one, staleWhileRevalidate: other, staleIfError: one)
                var cacheControl = ResponseCacheControl()
                cacheControl.maxAge = other
                let computed = Freshness(
                    cacheControl: cacheControl, age: "9999999999".utf8.span, date: Self.date.utf8.span,
                    expires: Self.date.utf8.span, rules: rules, requestTime: one, responseTime: other)
                #expect(computed.initialAge >= 0 && computed.lifetime >= 0)
            }
        }
    }
}
