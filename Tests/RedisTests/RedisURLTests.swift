import Testing

@testable import Redis

/// CACHE-3: the one text by which operators name a server.
@Suite("RedisURL")
struct RedisURLTests {
    @Test("Every part, and what stands for a missing one")
    func parts() throws {
        let full = try RedisURL("rediss://us%40er:p%3Aa%2Fss@Cache.Example:7000/12")
        #expect(full.isSecure)
        #expect(full.address == RedisAddress(host: "cache.example", port: 7_000))
        #expect(full.user == "us@er" && full.password == "p:a/ss" && full.database == 12)
        let bare = try RedisURL("REDIS://localhost")
        #expect(!bare.isSecure)
        #expect(bare.address == RedisAddress(host: "localhost", port: 6_379))
        #expect(bare.user == nil && bare.password == nil && bare.database == nil)
        let old = try RedisURL("redis://:secret@10.0.0.1/")
        #expect(old.user == nil && old.password == "secret" && old.database == nil)
        #expect(try RedisURL("redis://me@h").user == "me")
        #expect(try RedisURL("redis://:a@b@h").password == "a@b")
        #expect(try RedisURL("redis://:caf%C3%A9@h").password == "café")
    }

    @Test(
        "IPv6 literals stand in brackets",
        arguments: [("redis://[::1]", 6_379), ("redis://[::1]:7001/3", 7_001), ("redis://u:p@[::1]:1", 1)])
    func literals(text: String, port: Int) throws {
        let url = try RedisURL(text)
        #expect(url.address == RedisAddress(host: "::1", port: port))
        #expect(url.address.description == "[::1]:\(port)")
    }

    @Test(
        "What is no Redis URL is refused for what is wrong with it",
        arguments: [
            ("http://h", .scheme), ("redis:/h", .scheme), ("", .scheme), ("redis://", .host), ("redis://:6379", .host),
            ("redis://a b", .host), ("redis://[::1", .host), ("redis://[::1]x", .host), ("redis://[h]", .host),
            ("redis://::1", .host), ("redis://h:", .port), ("redis://h:0", .port), ("redis://h:65536", .port),
            ("redis://h:1x", .port), ("redis://h/x", .database), ("redis://h/1/2", .database),
            ("redis://h/999999", .database), ("redis://:%4@h", .encoding), ("redis://:%zz@h", .encoding),
            ("redis://:%ff@h", .encoding), ("redis://:%0a@h", .encoding), ("redis://h?db=1", .unexpectedPart),
            ("redis://h/1#x", .unexpectedPart),
        ] as [(String, RedisURLFailure)])
    func refusals(text: String, failure: RedisURLFailure) {
        #expect(throws: failure) { try RedisURL(text) }
        #expect(!failure.explanation.isEmpty)
    }

    @Test("No description tells the password, however it is asked for")
    func masking() throws {
        let url = try RedisURL("redis://user:hunter2@h:1/2")
        #expect(url.description == "redis://user:***@h:1/2")
        let login = RedisLogin(user: url.user, password: url.password, database: 2)
        for text in ["\(url)", String(reflecting: url), "\(login)", String(reflecting: login), "\([login])"] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        var dumped = ""
        dump(url, to: &dumped)
        dump(login, to: &dumped)
        #expect(!dumped.contains("hunter2"), "\(dumped)")
    }

    @Test("Error texts lose what they may repeat of our commands")
    func redaction() {
        let login = RedisLogin(password: "hunter2")
        let quoting = "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'hunt"
        #expect(login.redacted(Array(quoting.utf8)) == "ERR unknown command 'HELLO', ")
        #expect(login.redacted(Array("ERR hunter2 is no word".utf8)) == "ERR ***")
        #expect(login.redacted(Array("NOAUTH Authentication required.".utf8)) == "NOAUTH Authentication required.")
    }
}
