import NIOCore
import Testing

@testable import Exchange

@Suite struct ResponseTests {
    @Test(
        "HTTP-7: a request id is a UUID of version 4, whatever the random bits",
        arguments: [0, UInt64.max, 0x0123_4567_89ab_cdef])
    func requestID(_ bits: UInt64) {
        let id = RequestID(random: bits, bits)
        let text = id.description
        #expect(text.utf8.count == 36)
        for (at, character) in text.enumerated() {
            switch at {
            case 8, 13, 18, 23: #expect(character == "-")
            case 14: #expect(character == "4")
            case 19: #expect("89ab".contains(character))
            default: #expect("0123456789abcdef".contains(character))
            }
        }
        var out = ByteBuffer(string: "id=")
        id.write(to: &out)
        #expect(String(buffer: out) == "id=\(text)")
    }

    @Test("HTTP-7: a request id shows its bits")
    func requestIDDigits() {
        let id = RequestID(random: 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)
        #expect(id.description == "01234567-89ab-4def-bedc-ba9876543210")
        #expect(id == RequestID(random: 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210))
        #expect(id != RequestID(random: 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3211))
    }

    @Test(
        "HTTP-1: numbers are written as the standard library writes them",
        arguments: [0, 1, 9, 10, 99, 100, 12_345, 1 << 40, -1, -10, .max, .min])
    func decimal(_ number: Int64) {
        var out = ByteBuffer(string: "=")
        out.writeDecimal(number)
        #expect(String(buffer: out) == "=\(number)")
    }

    @Test("HTTP-1: a response head collects encoded lines")
    func lines() {
        var head = ResponseHead(status: 200)
        let text = "text/plain"
        head.add("content-type", text)
        head.add("x-cache", "HIT" as StaticString)
        head.add("age", 60)
        #expect(String(buffer: head.lines) == "content-type: text/plain\r\nx-cache: HIT\r\nage: 60\r\n")
    }

    @Test("HTTP-7: each fault has a status of its side, a distinct code and a message", arguments: FaultCode.allCases)
    func fault(_ code: FaultCode) {
        switch code.blame {
        case .client: #expect((400...499).contains(code.status) || code == .versionNotSupported)
        case .proxy, .origin: #expect((500...599).contains(code.status))
        }
        #expect(
            code.rawValue.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == 0x5f || (0x30...0x39).contains($0) })
        let message = "\(code.message)"
        #expect(message.count > 10 && message.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c })
        #expect((code.retryAfter != nil) == [429, 503].contains(code.status))
        #expect(Fault(code).retryAfter == code.retryAfter && Fault(code, retryAfter: 9).retryAfter == 9)
    }

    @Test("HTTP-6: too much load is answered with 503 and Retry-After 5")
    func overload() {
        #expect(FaultCode.overloaded.status == 503 && FaultCode.overloaded.retryAfter == 5)
    }

    @Test("HTTP-6: the statuses that a refused request gets")
    func statuses() {
        #expect(FaultCode.badRequest.status == 400 && FaultCode.badPath.status == 400)
        #expect(FaultCode.payloadTooLarge.status == 413 && FaultCode.uriTooLong.status == 414)
        #expect(FaultCode.headersTooLarge.status == 431 && FaultCode.requestTimeout.status == 408)
        #expect(FaultCode.methodNotAllowed.status == 405 && FaultCode.versionNotSupported.status == 505)
    }

    @Test("HTTP-1: every method but the unknown one is named as on the wire", arguments: Method.allCases)
    func method(_ method: Method) {
        #expect(method.name.utf8.allSatisfy { (0x41...0x5a).contains($0) })
    }
}
