import Glibc
import NIOCore
import Testing

@testable import Exchange

@Suite("Numeric addresses")
struct AddressTests {
    private static func parse(_ text: String) -> NumericAddress? { NumericAddress(Array(text.utf8).span) }

    @Test(
        "HTTP-8: an address is read in every form and written in one",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0001:0002:0003:0004:0005:0006", "2001:db8:1:2:3:4:5:6"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("0:0:1::", "0:0:1::"),
            ("::ffff:192.0.2.7", "192.0.2.7"), ("::ffff:c000:207", "192.0.2.7"),
            ("0:0:0:0:0:FFFF:192.0.2.7", "192.0.2.7"),
            ("::192.0.2.7", "::c000:207"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:0:0:2::3", "1:0:0:2::3"),
            ("fe80::a:0:0:b:0:0", "fe80:0:a::b:0:0"),
        ])
    func forms(_ text: String, _ canonical: String) throws {
        let address = try #require(Self.parse(text))
        #expect(address.description == canonical)
        #expect(Self.parse(canonical) == address)
    }

    @Test(
        "HTTP-8: what is no address",
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.", ".1.2.3",
            "0x1.2.3.4",
            "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\u{0}", "+1.2.3.4", ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "::g", "::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4.5",
            "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1:", "unknown", "localhost", "٣.1.1.1",
        ])
    func none(_ text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test("HTTP-8: any text of these letters is read as the C library reads it")
    func oracle() {
        let letters = Array("0012579afAF:::....".utf8)
        var state: UInt64 = 7
        for _ in 0..<200_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var rest = state >> 20
            let count = Int(state >> 58) % 14
            let text = (0..<count).map { _ in
                defer { rest /= UInt64(letters.count) }
                return letters[Int(rest % UInt64(letters.count))]
            }
            var (narrow, wide) = (in_addr(), in6_addr())
            let terminated = text.map { CChar(bitPattern: $0) } + [0]
            let isNarrow = unsafe inet_pton(AF_INET, terminated, &narrow) == 1
            let isWide = unsafe inet_pton(AF_INET6, terminated, &wide) == 1
            let found = NumericAddress(text.span)
            #expect((found != nil) == (isNarrow || isWide), "\(String(decoding: text, as: UTF8.self))")
            if isNarrow { #expect(found == NumericAddress(ipv4: UInt32(bigEndian: narrow.s_addr))) }
        }
    }

    @Test(
        "OBS-1: a client's address is written in one way",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"), ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::1", "::1"),
        ])
    func sockets(_ address: String, _ text: String) throws {
        let client = Client(peer: try SocketAddress(ipAddress: address, port: 1))
        #expect(String(buffer: client.address) == text)
        #expect(client.ip == Self.parse(address) && !client.isTrusted)
    }

    @Test("OBS-1: an address that is no IP address has a name")
    func otherAddresses() throws {
        #expect(String(buffer: Client(peer: nil).address) == "-")
        let socket = try SocketAddress(unixDomainSocketPath: "/x")
        #expect(String(buffer: Client(peer: socket).address) == "unix" && Client(peer: socket).ip == nil)
    }

    @Test("LIM-1: the site of an address is all of IPv4 and the /64 of IPv6")
    func sites() {
        #expect(Self.parse("192.0.2.7")?.site == Self.parse("192.0.2.7"))
        #expect(Self.parse("2001:db8:1:2:3:4:5:6")?.site == Self.parse("2001:db8:1:2::"))
        #expect(Self.parse("::1")?.site == Self.parse("::"))
    }

    @Test(
        "HTTP-8: blocks hold what begins alike",
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.1.1"],
                ["9.255.255.255", "11.0.0.0", "::a00:1"]
            ),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8", "::c000:207"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1", "2001:db8::1"]),
            ("::/0", ["::", "::1", "ffff::", "::fffe:ffff:ffff"], ["1.2.3.4", "0.0.0.0", "255.255.255.255"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff:ffff::1"], ["2001:db9::", "2001:db7:ffff::"]),
            ("::ffff:0:0/96", ["1.2.3.4"], ["::1"]), ("::ffff:10.0.0.0/104", ["10.0.0.9"], ["11.0.0.9"]),
            ("::1/128", ["::1"], ["::2"]), ("1.2.3.4/32", ["1.2.3.4"], ["1.2.3.5"]),
        ])
    func blocks(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let set = AddressSet([try AddressBlock(parsing: text)])
        for address in inside { #expect(set.contains(try #require(Self.parse(address))), "\(address)") }
        for address in outside { #expect(!set.contains(try #require(Self.parse(address))), "\(address)") }
    }

    @Test(
        "HTTP-8: what is no block",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10/8",
            "10.0.0.0/8/8", "10.0.0.0/ 8", "[::1]", "host/8", "::/1000", "10.0.0.0/255.0.0.0",
        ])
    func noBlocks(_ text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test(
        "HTTP-8: bits behind the length are refused, with the block that was meant",
        arguments: [("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32"), ("1.2.3.4/0", "0.0.0.0/0")])
    func hostBits(_ text: String, _ meant: String) throws {
        #expect(throws: AddressBlock.Failure.hostBits(try AddressBlock(parsing: meant))) {
            try AddressBlock(parsing: text)
        }
        #expect(try AddressBlock(parsing: meant).text == meant)
    }

    @Test("HTTP-8: a set of many blocks holds what one of them holds")
    func sets() throws {
        let texts = [
            "10.0.0.0/8", "10.1.0.0/16", "::/0", "192.0.2.0/31", "192.0.2.2", "9.9.9.9", "2001:db8::/32", "0.0.0.0/8",
        ]
        let blocks = texts.compactMap { AddressBlock($0) }
        #expect(blocks.count == texts.count)
        let set = AddressSet(blocks)
        var state: UInt64 = 3
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let address = NumericAddress(ipv4: UInt32(truncatingIfNeeded: state >> 32) >> (state & 7 == 0 ? 4 : 0))
            #expect(set.contains(address) == blocks.contains { AddressSet([$0]).contains(address) })
        }
        #expect(!AddressSet().contains(NumericAddress(ipv4: 0)) && AddressSet().isEmpty && !set.isEmpty)
    }

    @Test("HTTP-7: a request's id is read from the text of any UUID, and from nothing else")
    func ids() {
        let text = "00112233-4455-1677-F899-aabbccddeeff"
        #expect(RequestID(Array(text.utf8).span)?.description == text.lowercased())
        for bad in [
            "", String(text.dropLast()), text + "0", "g" + text.dropFirst(), text.replacing("-", with: "0"),
            "{\(text.dropFirst(2))}",
        ] {
            #expect(RequestID(Array(bad.utf8).span) == nil)
        }
    }
}
