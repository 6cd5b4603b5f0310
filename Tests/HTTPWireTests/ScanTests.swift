import Exchange
import NIOCore
import Testing

@testable import HTTPWire

/// The word-wise searches against the plain definitions.
@Suite struct ScanTests {
    private static let tokens = Set(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    @Test("HTTP-6: the character classes are those of RFC 9110 and RFC 3986")
    func classes() {
        let letters = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(ByteClass.token.contains(byte) == Self.tokens.contains(byte))
            #expect(
                ByteClass.registeredName.contains(byte)
                    == (letters.contains(byte) || "-._~!$&'()*+,;=".utf8.contains(byte)))
            #expect(ByteClass.hexDigit.contains(byte) == "0123456789abcdefABCDEF".utf8.contains(byte))
        }
    }

    @Test("HTTP-6: searches find every byte at every place, between any neighbours", arguments: 0..<20)
    func searches(_ place: Int) {
        let plain = Set("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max {
            for neighbour in [UInt8(0), 0x0d, 0x22, 0x3b, 0x7f, 0x80, 0xff] {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: place)
                bytes.append(byte)
                bytes += [UInt8](repeating: neighbour, count: 11)
                let span = unsafe bytes.span.bytes
                func check(_ found: Int, _ isHit: (UInt8) -> Bool) {
                    let expected = bytes.firstIndex(where: isHit) ?? bytes.count
                    if found != expected { Issue.record("\(byte) before \(neighbour) at \(place): \(found)") }
                }
                check(span.endOfValue(from: 0)) { ($0 < 0x20 && $0 != 9) || $0 == 0x7f }
                check(span.endOfName(from: 0)) { $0 < 0x21 || $0 == 0x3a }
                check(span.endOfTarget(from: 0)) { $0 < 0x21 || $0 >= 0x7f || $0 == 0x23 }
                check(span.endOfPath(from: 0)) { $0 < 0x21 || $0 >= 0x7f || $0 == 0x23 || $0 == 0x3f }
                check(span.endOfPlain(from: 0, to: bytes.count)) { !plain.contains($0) }
                check(span.first(0x3f, from: 0, to: bytes.count)) { $0 == 0x3f }
            }
        }
    }
}
