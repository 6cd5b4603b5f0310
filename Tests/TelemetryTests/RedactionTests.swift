import NIOCore
import Testing

@testable import Telemetry

@Suite struct RedactionTests {
    @Test(
        "OBS-1: query values appear only where they are known to be harmless",
        arguments: [
            ("versionId=3.L4", "versionId=3.L4"), ("partNumber=2", "partNumber=2"),
            ("response-content-type=text%2Fplain", "response-content-type=text%2Fplain"),
            ("token=SECRET", "token=***"), ("access_token=SECRET&a=SECRET", "access_token=***&a=***"),
            ("jwt=SECRET", "jwt=***"), ("sig=SECRET", "sig=***"), ("X-Amz-Signature=SECRET", "X-Amz-Signature=***"),
            ("X-Amz-Credential=SECRET", "X-Amz-Credential=***"),
            ("X-Amz-Security-Token=SECRET", "X-Amz-Security-Token=***"),
            ("VERSIONID=SECRET", "VERSIONID=***"), ("version%49d=SECRET", "version%49d=***"),
            ("versionId=1&versionId.=SECRET", "versionId=1&versionId.=***"), ("SECRET", "***"),
            ("SECRET&versionId=1", "***&versionId=1"),
            ("token=", "token="), ("a=SECRET=SECRET", "a=***"), ("=SECRET", "=***"), ("", ""), ("&&", "&"),
            ("versionId", "versionId"),
            ("SECRETSECRETSECRETSECRETSECRETSECRET==", "***"), ("a;b=SECRET", "a;b=***"),
        ])
    func query(_ query: String, _ expected: String) throws {
        let text = written { $0.field(query: ByteBuffer(string: query).readableBytesSpan, limit: 1_024, .json) }
        #expect(text == ",\"query\":\"\(expected)\"")
    }

    @Test(
        "OBS-1: a referer is written without query, fragment and user information",
        arguments: [
            ("https://example.com/a", "https://example.com/a"),
            ("https://example.com/a?t=SECRET", "https://example.com/a"),
            ("https://example.com/a#SECRET", "https://example.com/a"),
            ("https://example.com#SECRET?x", "https://example.com"),
            ("https://me:SECRET@example.com/a", "https://***@example.com/a"),
            ("https://me:SECRET@SECRET@example.com/a@b", "https://***@example.com/a@b"),
            ("//SECRET@host", "//***@host"),
            ("https://host/path@name", "https://host/path@name"), ("about:blank", "about:blank"), ("/", "/"), ("", ""),
        ])
    func referer(_ url: String, _ expected: String) {
        let text = written { $0.field("referer", url: ByteBuffer(string: url).readableBytesSpan, limit: 1_024, .json) }
        #expect(text == ",\"referer\":\"\(expected)\"")
    }

    @Test(
        "OBS-1: fields whose values are secrets",
        arguments: [
            ("authorization", true), ("Authorization", true), ("PROXY-AUTHORIZATION", true), ("cookie", true),
            ("set-cookie", true), ("x-api-key", true), ("X-Amz-Security-Token", true), ("x-amz-date", false),
            ("host", false),
            ("", false), ("authorizatio", false),
        ])
    func secretFields(_ name: String, _ isSecret: Bool) {
        #expect(Redaction.isSecret(ByteBuffer(string: name).readableBytesSpan) == isSecret)
    }

    @Test("OBS-1: a log line masks the value of a secret field", arguments: LogFormat.allCases)
    func metadata(_ format: LogFormat) throws {
        let collector = try LogCollector()
        let log = Log(level: .debug, format: format, output: collector.output)
        log.info(
            "credentials were refused",
            ["authorization": "Bearer SECRET", "Cookie": .bytes(ByteBuffer(string: "SECRET"))])
        let line = collector.finish().joined()
        #expect(!line.contains("SECRET"))
        #expect(line.contains("***"))
    }
}
