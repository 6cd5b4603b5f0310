import Exchange
import NIOCore
import Settings
import Testing

@testable import Admission

@Suite("Address lists")
struct AddressFilterTests {
    private func isAdmitted(_ text: String?, _ allow: [String], _ block: [String]) throws -> Bool {
        var settings = IPFilterSettings()
        settings.allowlist = allow.compactMap { AddressBlock($0) }
        settings.blocklist = block.compactMap { AddressBlock($0) }
        let filter = try #require(AddressFilter(settings))
        do throws(AdmissionFailure) {
            try filter.check(try? text.map { try address($0) })
            return true
        } catch {
            #expect(error == .addressDenied && error.fault.code == .addressDenied)
            return false
        }
    }

    @Test(
        "HTTP-8: the list of those who may outweighs the other and leaves out everybody else",
        arguments: [
            (["10.0.0.0/8"], [], "10.1.2.3", true), (["10.0.0.0/8"], [], "192.0.2.1", false),
            ([], ["10.0.0.0/8"], "10.1.2.3", false), ([], ["10.0.0.0/8"], "192.0.2.1", true),
            (["10.1.0.0/16"], ["10.0.0.0/8"], "10.1.2.3", true), (["10.1.0.0/16"], ["10.0.0.0/8"], "10.2.2.3", false),
            (["10.1.0.0/16"], ["10.0.0.0/8"], "192.0.2.1", false), (["0.0.0.0/0"], [], "::1", false),
            ([], ["::/0"], "192.0.2.1", true), ([], ["::/0"], "2001:db8::1", false),
            (["192.0.2.1"], [], "::ffff:192.0.2.1", true),
        ] as [([String], [String], String, Bool)])
    func lists(_ allow: [String], _ block: [String], _ client: String, _ expected: Bool) throws {
        #expect(try isAdmitted(client, allow, block) == expected)
    }

    @Test("HTTP-8: who has no address is on no list")
    func noAddress() throws {
        #expect(try isAdmitted(nil, ["0.0.0.0/0", "::/0"], []) == false)
        #expect(try isAdmitted(nil, [], ["0.0.0.0/0", "::/0"]))
        #expect(AddressFilter(IPFilterSettings()) == nil)
    }
}

@Suite("Rate limits")
struct RateLimitsTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func rate(_ perSecond: Int, burst: Int?) -> RateSettings {
        var settings = RateSettings()
        settings.requestsPerSecond = perSecond
        settings.burst = burst
        return settings
    }

    private static func clientRate(_ perSecond: Int, burst: Int? = nil) -> ClientRateSettings {
        var settings = ClientRateSettings()
        settings.requestsPerSecond = perSecond
        settings.burst = burst
        return settings
    }

    private func outcome(_ ask: () throws -> Void) -> AdmissionFailure? {
        do {
            try ask()
            return nil
        } catch {
            return error as? AdmissionFailure
        }
    }

    @Test("LIM-1: what is not asked for is not limited")
    func off() {
        #expect(RateLimits(RateLimitSettings(), buckets: [BucketSettings()]) == nil)
        var settings = RateLimitSettings()
        settings.global = Self.rate(1, burst: 1)
        #expect(RateLimits(settings, buckets: []) == nil, "present, but not enabled")
        settings = RateLimitSettings()
        settings.isEnabled = true
        #expect(RateLimits(settings, buckets: [BucketSettings()]) == nil)
    }

    @Test("LIM-1: each client has its own limit, and one beyond it does not use up the server's")
    func clients() throws {
        var settings = RateLimitSettings()
        settings.isEnabled = true
        settings.perIP = Self.clientRate(1, burst: 2)
        settings.global = Self.rate(10, burst: 6)
        let limits = try #require(RateLimits(settings, buckets: []))
        let noisy = try address("192.0.2.1")
        for _ in 0..<2 { #expect(outcome { try limits.admit(noisy, now: Self.start) } == nil) }
        for _ in 0..<100 {
            #expect(outcome { try limits.admit(noisy, now: Self.start) } == .rateLimited(.ip, retryAfter: 1))
        }
        for last in 2...5 {
            let other = try address("192.0.2.\(last)")
            #expect(outcome { try limits.admit(other, now: Self.start) } == nil)
        }
        let late = try address("192.0.2.9")
        #expect(outcome { try limits.admit(late, now: Self.start) } == .rateLimited(.global, retryAfter: 1))
        #expect(outcome { try limits.admit(noisy, now: Self.start + .seconds(1)) } == nil)
    }

    @Test("LIM-1: all addresses of one /64 are one client, of IPv4 each is one")
    func sites() throws {
        var settings = RateLimitSettings()
        settings.isEnabled = true
        settings.perIP = Self.clientRate(1)
        let limits = try #require(RateLimits(settings, buckets: []))
        let inside = try address("2001:db8:1:2::1"), beside = try address("2001:db8:1:2:ffff::2")
        let elsewhere = try address("2001:db8:1:3::1")
        #expect(outcome { try limits.admit(inside, now: Self.start) } == nil)
        #expect(outcome { try limits.admit(beside, now: Self.start) } == .rateLimited(.ip, retryAfter: 1))
        #expect(outcome { try limits.admit(elsewhere, now: Self.start) } == nil)
        #expect(
            outcome { try limits.admit(nil, now: Self.start) } == nil, "without an address there is no client to count")
        for last in 1...2 {
            let narrow = try address("10.0.0.\(last)")
            #expect(outcome { try limits.admit(narrow, now: Self.start) } == nil)
        }
    }

    @Test("LIM-1: users and buckets have limits of their own, and buckets without the server's")
    func usersAndBuckets() throws {
        var settings = RateLimitSettings()
        settings.perUser = Self.clientRate(1)
        var limited = BucketSettings()
        limited.s3.rateLimit = Self.rate(1, burst: nil)
        let off = try #require(RateLimits(settings, buckets: [BucketSettings(), limited]))
        let user = try Self.principal(#"{"sub":"somebody"}"#), other = try Self.principal(#"{"sub":"somebody else"}"#)
        for _ in 0..<5 { #expect(outcome { try off.admit(user, now: Self.start) } == nil) }
        #expect(off.bucket(0) == nil && off.bucket(2) == nil)
        let bucket = try #require(off.bucket(1))
        #expect(outcome { try bucket.admit(now: Self.start) } == nil)
        #expect(outcome { try bucket.admit(now: Self.start) } == .rateLimited(.bucket, retryAfter: 1))
        settings.isEnabled = true
        let limits = try #require(RateLimits(settings, buckets: []))
        #expect(outcome { try limits.admit(user, now: Self.start) } == nil)
        #expect(outcome { try limits.admit(user, now: Self.start) } == .rateLimited(.user, retryAfter: 1))
        #expect(outcome { try limits.admit(other, now: Self.start) } == nil)
        let nobody = try Self.principal("{}")
        #expect(outcome { try limits.admit(nobody, now: Self.start) } == nil)
        #expect(outcome { try limits.admit(nobody, now: Self.start) } == .rateLimited(.user, retryAfter: 1))
    }

    private static func principal(_ claims: String) throws -> Principal {
        Principal(claims: try JSONDocument(Array(claims.utf8)), identity: .init(high: 7, low: 9))
    }

    @Test("LIM-1: over ten seconds each limit allows its burst and its rate")
    func exact() throws {
        var settings = RateLimitSettings()
        settings.isEnabled = true
        settings.global = Self.rate(100, burst: 200)
        settings.perIP = Self.clientRate(50, burst: 30)
        let limits = try #require(RateLimits(settings, buckets: []))
        var allowed = [0, 0, 0, 0]
        let clients = try (1...4).map { try address("192.0.2.\($0)") }
        for tick in 0...2_000 {
            let now = Self.start + .milliseconds(Int64(tick) * 5)
            for (index, client) in clients.enumerated() where outcome({ try limits.admit(client, now: now) }) == nil {
                allowed[index] += 1
            }
        }
        let total = allowed.reduce(0, +)
        #expect(abs(total - 1_200) <= 24, "\(total)")
        #expect(allowed.allSatisfy { $0 <= 530 })
    }

    @Test("LIM-1: a refusal tells when to come again, and never to whom it was said")
    func faults() {
        for limit in AdmissionFailure.Limit.allCases {
            let fault = AdmissionFailure.rateLimited(limit, retryAfter: 7).fault
            #expect(fault.code == .rateLimited && fault.code.status == 429 && fault.retryAfter == 7)
            #expect(fault.code.reason.description == "Too Many Requests" && fault.detail.contains("rate limit"))
        }
    }
}

@Suite("Paths that look like SQL")
struct SQLShapeTests {
    private func find(_ path: String) -> SQLShape? { SQLShape.find(in: Array(path.utf8).span) }

    @Test(
        "HTTP-6: well-known shapes are seen, whatever the case and the blanks",
        arguments: [
            ("/a' OR '1'='1", .quotedCondition), ("/a'or 1=1", .quotedCondition), ("/a\" AND \"x", .quotedCondition),
            ("/a'\t\noR/**/true", .quotedCondition), ("/a'+or+1", .quotedCondition), ("/a'/**/OR'x", .quotedCondition),
            ("/日本' or", .quotedCondition),
            ("/a UNION SELECT password", .unionSelect), ("/1 union all select 1,2", .unionSelect),
            ("/1/**/UNION/*x*/SELECT/**/1", .unionSelect), ("/1)union(select 1)", nil),
            ("/1+uNioN+sElEcT+1", .unionSelect),
            ("/a; DROP TABLE users", .stackedStatement), ("/a;delete from x", .stackedStatement),
            ("/a';  insert\tinto x", .stackedStatement), ("/x;exec xp_cmdshell('dir')", .stackedStatement),
            ("/admin'--", .comment), ("/admin' --  ", .comment), ("/a'#", .comment), ("/a')-- -", nil),
            ("/a') --", .comment),
            ("/a OR 1=1", .tautology), ("/1 or 22 = 22", .tautology), ("/1/**/or/**/1/**/=/**/1--", .tautology),
        ] as [(String, SQLShape?)])
    func shapes(_ path: String, _ expected: SQLShape?) {
        #expect(find(path) == expected)
    }

    @Test(
        "HTTP-6: ordinary keys pass",
        arguments: [
            "/", "/photos/2026/raven.jpg", "/O'Reilly/or/and.pdf", "/it's ours", "/union/select", "/union-select.sql",
            "/reunion selection", "/drop table.txt", "/a;drop", "/a;dropbox thing", "/a--b--", "/notes--", "/c#",
            "/a or b=b",
            "/or 1=2", "/or 1=11", "/for 1=1", "/x' orange", "/x'android", "/select * from t.sql", "/'", "/''", "/;",
            "/a/*", "/a'/*", "/or", "/a or 1", "/a or 1=", "/union", "/union all",
        ])
    func ordinary(_ path: String) {
        #expect(find(path) == nil)
    }

    @Test("HTTP-6: a refusal says what was found")
    func explanations() {
        for shape in SQLShape.allCases {
            let fault = AdmissionFailure.suspiciousPath(shape).fault
            #expect(fault.code == .suspiciousPath && fault.code.status == 400 && fault.detail == shape.explanation)
        }
    }
}
