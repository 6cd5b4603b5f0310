import ConfigSchema
import Settings
import Testing

/// The URL of a Redis server, which may hold a password (CACHE-3).
@Suite struct RedisURLTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var host: String
        var port: UInt16 = 6_379
        var user: String?
        var password: String?
        var db: Int?

        var testDescription: String { text }
    }

    @Test(
        "CACHE-3: URLs of servers",
        arguments: [
            Row(text: "redis://host", host: "host"), Row(text: "REDIS://Host/", host: "host"),
            Row(text: "redis://host:1/2", host: "host", port: 1, db: 2), Row(text: "redis://h/0", host: "h", db: 0),
            Row(text: "redis://[::1]:1", host: "::1", port: 1), Row(text: "redis://10.0.0.1", host: "10.0.0.1"),
            Row(text: "redis://:p@h", host: "h", password: "p"), Row(text: "redis://u@h", host: "h", user: "u"),
            Row(text: "redis://u:p:q@h", host: "h", user: "u", password: "p:q"),
            Row(text: "redis://u:p@q@h", host: "h", user: "u", password: "p@q"),
            Row(text: "redis://a%3Ab:%2f%3F%23%25%40@h/65535", host: "h", user: "a:b", password: "/?#%@", db: 65_535),
            Row(text: "redis://:%C3%A9@h", host: "h", password: "é"), Row(text: "redis://:@h", host: "h"),
            Row(text: "redis://@h", host: "h"),
        ])
    func urls(_ row: Row) throws {
        let url = try #require(RedisURL(row.text))
        #expect(url.scheme == .redis && url.host == row.host && url.port == row.port)
        #expect(url.user == row.user && url.password?.reveal() == row.password && url.db == row.db)
        #expect(RedisURL("rediss" + row.text.dropFirst(5))?.scheme == .rediss)
    }

    @Test(
        "CFG-5: what is no URL of a server",
        arguments: [
            "", "host", "host:6379", "http://host", "redis:host", "redis://", "redis:///1", "redis://:p@",
            "redis://h:0",
            "redis://h:65536", "redis://h/x", "redis://h/-1", "redis://h/1/", "redis://h/1/2", "redis://h/65536",
            "redis://h//", "redis://h?db=1", "redis://h/?", "redis://h#", "redis://:p/q@h", "redis://:p?q@h",
            "redis://:%@h", "redis://:%4@h", "redis://:%4x@h", "redis://:%FF@h", "redis://:p q@h", "redis://:é@h",
            "redis://h\n", "redis+sentinel://h", "redis-sentinel://h", "redis://h/99999999999999999999", "redis://a,b",
        ])
    func noURL(_ text: String) {
        #expect(RedisURL(text) == nil)
    }

    @Test("CFG-4: a password in a URL is printed nowhere")
    func prints() throws {
        let url = try #require(RedisURL("redis://user:hunter2@host/1"))
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), "\([url])", dumped] { #expect(!text.contains("hunter2")) }
    }

    @Test(
        "CFG-4: a URL is shown in no excerpt, but for one that is a reference",
        arguments: ["redis://:minio@h", "redis://minio", "http://minio", "minio"])
    func excerpts(_ text: String) {
        let yaml = "cache: {redis: {redis_url: \"\(text)\", redis_db: x}}"
        #expect(report(on: yaml).contains("`cache.redis.redis_db` must be an integer"))
        #expect(!report(on: yaml).contains("minio"))
        let referring = "cache:\n  redis: {redis_db: x, redis_url: \"${URL}\"}"
        #expect(report(on: referring, environment: ["URL": text]).contains("${URL}"))
        #expect(!report(on: referring, environment: ["URL": text]).contains("minio"))
    }
}
