import Exchange
import NIOCore
import Settings
import Testing

@testable import Proxy

@Suite struct ErrorBodyTests {
    private let id = RequestID(random: 0x1234_5678_9abc_def0, 0x0fed_cba9_8765_4321)

    @Test("HTTP-7: every code has its body, of one closed shape", arguments: FaultCode.allCases)
    func shape(code: FaultCode) {
        let fault = Fault(code, detail: "internal 10.0.0.1 \"quoted\"")
        let answer = ErrorBody.answer(to: fault, id: id, allow: nil)
        #expect(answer.head.status == code.status)
        let lines = String(buffer: answer.head.lines)
        #expect(lines.hasPrefix("Content-Type: application/json\r\nCache-Control: no-store\r\n"))
        #expect(lines.contains("Retry-After") == (code.retryAfter != nil))
        let expected = """
            {"error":"\(code.reason)","code":"\(code.rawValue)","message":"\(code.message)",\
            "status":\(code.status),"request_id":"\(id)"}

            """
        #expect(String(buffer: answer.bytes) == expected)
        #expect(!"\(code.message)".contains("\"") && !"\(code.message)".contains("\\"))
    }

    @Test("S3-5, HTTP-4: S3's code, the object's length and Retry-After where they are known")
    func extras() {
        let range = Fault(
            .rangeNotSatisfiable, originStatus: 416, originCode: "InvalidRange", completeLength: 11)
        let answer = ErrorBody.answer(to: range, id: id, allow: nil)
        #expect(String(buffer: answer.head.lines).contains("Content-Range: bytes */11\r\n"))
        #expect(String(buffer: answer.bytes).contains(",\"status\":416,\"s3_code\":\"InvalidRange\",\"request_id\":"))
        let busy = ErrorBody.answer(to: Fault(.overloaded), id: id, allow: nil)
        #expect(String(buffer: busy.head.lines).contains("Retry-After: 5\r\n"))
        let method = ErrorBody.answer(to: Fault(.methodNotAllowed), id: id, allow: Method.served)
        #expect(String(buffer: method.head.lines).contains("Allow: GET, HEAD, OPTIONS\r\n"))
    }
}

@Suite struct CORSTests {
    private func fields(_ origin: String?) -> FieldBlock {
        guard let origin else { return FieldBlock() }
        return FieldBlock(
            bytes: ByteBuffer(string: "Origin\(origin)"),
            entries: [
                .init(
                    name: .origin, nameStart: 0, nameLength: 6, valueStart: 6, valueLength: UInt32(origin.utf8.count))
            ])
    }

    private func lines(_ allowed: [String], _ origin: String?) -> String {
        var settings = CORSSettings()
        settings.allowOrigins = allowed
        var out = ByteBuffer()
        CORS(settings).write(to: &out, for: fields(origin))
        return String(buffer: out)
    }

    private static let exposed = """
        Access-Control-Expose-Headers: Accept-Ranges, Content-Length, Content-Range, ETag, Last-Modified, X-Request-ID\r

        """

    static let rows: [([String], String?, String)] = [
        ([], "https://a.example", ""),
        (["*"], nil, ""),
        (["*"], "https://a.example", "Access-Control-Allow-Origin: *\r\n" + exposed),
        (["https://a.example"], nil, "Vary: Origin\r\n"),
        (["https://a.example"], "https://evil.example", "Vary: Origin\r\n"),
        (["https://a.example"], "https://a.example.evil", "Vary: Origin\r\n"),
        (["https://a.example"], "null", "Vary: Origin\r\n"),
        (
            ["https://b.example", "https://a.example"], "https://a.example",
            "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n" + exposed
        ),
    ]

    @Test("HTTP-2: which pages may read a bucket", arguments: rows)
    func answers(allowed: [String], origin: String?, expected: String) {
        #expect(lines(allowed, origin) == expected)
    }

    @Test("HTTP-2: a preflight names methods, headers and age, with or without allowed origins")
    func preflight() {
        var settings = CORSSettings()
        var plain = ByteBuffer()
        CORS(settings).writePreflight(to: &plain, for: fields("https://a.example"))
        let common = "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\nAccess-Control-Allow-Headers: "
        #expect(
            String(buffer: plain)
                == common + "Authorization, Content-Type, Range\r\nAccess-Control-Max-Age: 86400\r\n")
        settings.allowOrigins = ["https://a.example"]
        settings.allowHeaders = ["X-Token"]
        settings.maxAge = .seconds(60)
        var open = ByteBuffer()
        CORS(settings).writePreflight(to: &open, for: fields("https://a.example"))
        #expect(
            String(buffer: open)
                == "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n" + common
                + "X-Token\r\nAccess-Control-Max-Age: 60\r\n")
    }
}
