import Exchange
import NIOCore
import Testing

@testable import HTTPWire

/// The PROXY protocol at the beginning of a connection (haproxy's proxy-protocol.txt).
@Suite struct ProxyHeaderTests {
    typealias Outcome = Result<ProxyHeader?, ProxyHeaderFailure>

    private static func read(_ bytes: [UInt8], _ versions: ProxyHeaderParser.Versions = .any) -> (Outcome, rest: Int) {
        var buffer = ByteBuffer(bytes: bytes)
        let parser = ProxyHeaderParser(accepts: versions)
        do throws(ProxyHeaderFailure) {
            let header = try parser.parse(&buffer)
            return (.success(header), buffer.readableBytes)
        } catch {
            return (.failure(error), buffer.readableBytes)
        }
    }

    /// Byte by byte, until it says something.
    private static func trickle(_ bytes: [UInt8], _ versions: ProxyHeaderParser.Versions = .any) -> (
        Outcome, taken: Int
    ) {
        var buffer = ByteBuffer()
        let parser = ProxyHeaderParser(accepts: versions)
        for (index, byte) in bytes.enumerated() {
            buffer.writeInteger(byte)
            do throws(ProxyHeaderFailure) {
                if let header = try parser.parse(&buffer) { return (.success(header), index + 1) }
            } catch {
                return (.failure(error), 0)
            }
        }
        return (.success(nil), 0)
    }

    private func check(_ bytes: [UInt8], _ expected: Outcome, _ comment: Comment) {
        let (outcome, rest) = Self.read(bytes + Array("GET /".utf8))
        #expect(outcome == expected, comment)
        if case .success(.some) = expected { #expect(rest == 5, comment) }
        #expect(Self.trickle(bytes + Array("GET /".utf8)).0 == expected, comment)
    }

    private static func source(_ text: String) -> Outcome {
        .success(NumericAddress(Array(text.utf8).span).map { .source($0) })
    }

    private static let longest = "PROXY UNKNOWN " + String(repeating: "f", count: 91) + "\r\n"

    @Test(
        "HTTP-8: lines of version 1",
        arguments: [
            ("PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n", source("192.0.2.7")),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", source("255.255.255.255")),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", source("0.0.0.0")),
            ("PROXY TCP6 2001:db8::7 ::1 1 2\r\n", source("2001:db8::7")),
            (
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                source("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
            ),
            ("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", source("192.0.2.7")),
            ("PROXY UNKNOWN\r\n", .success(.peer)), ("PROXY UNKNOWN whatever 1 2 3\r\n", .success(.peer)),
            (longest, .success(.peer)),
        ])
    func lines(_ text: String, _ expected: Outcome) {
        check(Array(text.utf8), expected, "\(text)")
    }

    @Test(
        "HTTP-8: what is no line of version 1",
        arguments: [
            ("GET / HTTP/1.1\r\n", ProxyHeaderFailure.missing), ("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", .missing),
            ("PROXZ", .missing), (" PROXY UNKNOWN\r\n", .missing), ("\r\nPROXY UNKNOWN\r\n", .missing),
            ("PROXY\r\n", .badLine), ("PROXY \r\n", .badLine), ("PROXYTCP4 1.2.3.4 1.2.3.4 1 2\r\n", .badLine),
            ("PROXY UNKNOWNX\r\n", .badLine), ("PROXY  UNKNOWN\r\n", .badLine), ("PROXY TCP4\r\n", .badLine),
            ("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", .badLine), ("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", .badLine), ("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n", .badLine), ("PROXY TCP4 ::1 1.2.3.4 1 2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 ::1 1 2\r\n", .badLine), ("PROXY TCP6 1.2.3.4 ::1 1 2\r\n", .badLine),
            ("PROXY TCP6 ::1%lo ::1 1 2\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 -2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.04 1 2\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rX", .badLine), ("PROXY UNKNOWN\n", .badLine),
            ("PROXY UNKNOWN " + String(repeating: "f", count: 200), .tooLong),
            ("PROXY UNKNOWN " + String(repeating: "f", count: 92) + "\r\n", .tooLong),
        ])
    func noLines(_ text: String, _ failure: ProxyHeaderFailure) {
        check(Array(text.utf8), .failure(failure), "\(text)")
    }

    private static let mark: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

    static func block(_ kind: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        mark + kind + [UInt8(payload.count >> 8), UInt8(payload.count & 0xff)] + payload
    }

    private static let narrow: [UInt8] = [192, 0, 2, 7, 10, 0, 0, 1, 0xdc, 4, 1, 0xbb]
    private static let wide: [UInt8] =
        [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [UInt8](repeating: 0, count: 20)

    @Test(
        "HTTP-8: blocks of version 2",
        arguments: [
            (block([0x21, 0x11], narrow), source("192.0.2.7")), (block([0x21, 0x21], wide), source("2001:db8::7")),
            (block([0x21, 0x11], narrow + [4, 0, 1, 0]), source("192.0.2.7")),
            (block([0x21, 0x11], narrow + [UInt8](repeating: 0xff, count: 4_068)), source("192.0.2.7")),
            (block([0x21, 0x31], [UInt8](repeating: 0x61, count: 216)), .success(.peer)),
            (block([0x21, 0x00], []), .success(.peer)), (block([0x21, 0x00], [1, 2, 3]), .success(.peer)),
            (block([0x20, 0x00], []), .success(.peer)), (block([0x20, 0x11], narrow), .success(.peer)),
            (block([0x20, 0xff], [9]), .success(.peer)),
        ])
    func blocks(_ bytes: [UInt8], _ expected: Outcome) {
        check(bytes, expected, "\(bytes.prefix(40))")
    }

    @Test(
        "HTTP-8: what is no block of version 2",
        arguments: [
            (block([0x11, 0x11], narrow), ProxyHeaderFailure.badKind), (block([0x31, 0x11], narrow), .badKind),
            (block([0x22, 0x11], narrow), .badKind), (block([0x2f, 0x11], narrow), .badKind),
            (block([0x21, 0x12], narrow), .badKind), (block([0x21, 0x10], narrow), .badKind),
            (block([0x21, 0x41], wide), .badKind), (block([0x21, 0x13], narrow), .badKind),
            (block([0x21, 0x11], Array(narrow.dropLast())), .tooShort), (block([0x21, 0x21], narrow), .tooShort),
            (block([0x21, 0x31], wide), .tooShort), (block([0x21, 0x11], []), .tooShort),
            (block([0x21, 0x11], [UInt8](repeating: 0, count: 4_081)), .tooLong),
            (block([0x20, 0x00], [UInt8](repeating: 0, count: 65_535)), .tooLong),
            ([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0b], .missing),
            ([0x0d, 0x0a, 0x0d, 0x0b], .missing), ([0x00], .missing),
        ])
    func noBlocks(_ bytes: [UInt8], _ failure: ProxyHeaderFailure) {
        check(bytes, .failure(failure), "\(bytes.prefix(40))")
    }

    @Test("HTTP-8: only the version that was asked for is taken")
    func versions() {
        let line = Array("PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n".utf8)
        let block = Self.block([0x21, 0x11], Self.narrow)
        #expect(Self.read(line, .v1).0 == Self.source("192.0.2.7"))
        #expect(Self.read(block, .v2).0 == Self.source("192.0.2.7"))
        #expect(Self.read(line, .v2).0 == .failure(.missing) && Self.trickle(line, .v2).0 == .failure(.missing))
        #expect(Self.read(block, .v1).0 == .failure(.missing) && Self.trickle(block, .v1).0 == .failure(.missing))
    }

    @Test("HTTP-8: no beginning of a good header is refused, taken for the whole, or taken away")
    func beginnings() {
        for bytes in [
            Array(Self.longest.utf8), Self.block([0x21, 0x21], Self.wide + [UInt8](repeating: 3, count: 100)),
        ] {
            for length in 0..<bytes.count {
                let (outcome, rest) = Self.read(Array(bytes.prefix(length)))
                #expect(outcome == .success(nil) && rest == length)
            }
            #expect(Self.trickle(bytes).taken == bytes.count)
        }
    }

    @Test("Every failure has a sentence of its own for the operator")
    func explanations() {
        #expect(Set(ProxyHeaderFailure.allCases.map(\.explanation)).count == ProxyHeaderFailure.allCases.count)
    }
}
