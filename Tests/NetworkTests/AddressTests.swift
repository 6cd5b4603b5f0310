import NIOCore
import Testing

@testable import Network

@Suite("IP literals and host names")
struct AddressTests {
    @Test(
        "Literals are parsed as inet_pton does and written in their canonical form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("::ffff:10.1.2.3", "::ffff:10.1.2.3"), ("fe80::1", "fe80::1"),
            ("1234:5678:9abc:def0:fedc:ba98:7654:3210", "1234:5678:9abc:def0:fedc:ba98:7654:3210"),
        ])
    func accepted(text: String, canonical: String) throws {
        let address = try #require(IPAddress(literal: text))
        #expect(address.description == canonical)
        #expect(address.isV6 == text.contains(":"))
        let socketAddress = try address.socketAddress(port: 8_443)
        #expect(socketAddress.port == 8_443)
        #expect(try socketAddress == SocketAddress(ipAddress: text, port: 8_443))
    }

    @Test(
        "SHIP-1: no scope, which NIO would hand to getaddrinfo, and nothing that only looks like an address",
        arguments: [
            "fe80::1%eth0", "fe80::1%1", "::1%", "%", "", " 127.0.0.1", "127.0.0.1 ", "127.1", "127.0.0.01",
            "0x7f.0.0.1",
            "2130706433", "256.0.0.1", "1.2.3.4.5", "[::1]", "::1]", ":::", "1::2::3", "12345::", "localhost",
            "127.0.0.1\0", "::1\0%eth0", "127.0.0.1:80", String(repeating: "1", count: 100),
        ])
    func refused(text: String) { #expect(IPAddress(literal: text) == nil) }

    @Test(
        "Host names are lower-cased",
        arguments: [
            ("a", "a"), ("S3.Example.COM", "s3.example.com"), ("x_y.example", "x_y.example"), ("a.", "a."),
            ("127.0.0.1.example", "127.0.0.1.example"), ("3com", "3com"),
            (String(repeating: "a", count: 63), String(repeating: "a", count: 63)),
        ])
    func names(text: String, spelled: String) { #expect(HostName(text)?.text == spelled) }

    @Test(
        "What is no host name is refused before anybody is asked",
        arguments: [
            "", ".", "..", ".a", "a..b", "a b", "a/b", "a:1", "a\0b", "a%b", "ä.example", "a@b", "127.1", "0x7f.1", "1",
            "1.",
            "999.1.2.3", String(repeating: "a", count: 64),
            Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: "."),
        ])
    func badNames(text: String) { #expect(HostName(text) == nil) }

    @Test(
        "localhost and all below it are this machine",
        arguments: [
            ("localhost", true), ("LOCALHOST.", true), ("a.localhost", true), ("notlocalhost", false),
            ("localhost.example", false),
        ])
    func localhost(text: String, isLocal: Bool) { #expect(HostName(text)?.isLocalhost == isLocal) }

    @Test("hosts(5): comments, tabs, several names, case, both families, no scopes, no duplicates, no final newline")
    func hostsFile() {
        let text = """
            # 10.0.0.9 web
            10.0.0.1\tweb WEB2 # web3
            10.0.0.1 web
            fe80::1%lo web
            nonsense web
            ::1   \tWeb\r
            10.0.0.2 other
            10.0.0.3
            10.0.0.4 last
            """
        let bytes = Array(text.utf8)
        #expect(HostsFile.addresses(of: "web", in: bytes) == [.v4(0x0a00_0001), .loopbackV6])
        #expect(HostsFile.addresses(of: "web2", in: bytes) == [.v4(0x0a00_0001)])
        #expect(HostsFile.addresses(of: "web3", in: bytes).isEmpty)
        #expect(HostsFile.addresses(of: "last", in: bytes) == [.v4(0x0a00_0004)])
        #expect(HostsFile.addresses(of: "we", in: bytes).isEmpty)
    }

    @Test(
        "A certificate's DNS name means itself, or with a star for its first label any one label there (RFC 9525 §6.3)",
        arguments: [
            ("a.test", "a.test", true), ("A.Test.", "a.test", true), ("b.test", "a.test", false),
            ("*.s3.test", "a.s3.test", true), ("*.s3.test", "a.b.s3.test", false), ("*.s3.test", "s3.test", false),
            ("*.test", "a.test", false), ("*", "a", false), ("*.", "a.", false), ("a*.s3.test", "ab.s3.test", false),
            ("*b.s3.test", "ab.s3.test", false), ("a.*.test", "a.s3.test", false), ("*.*.test", "a.b.test", false),
            ("", "", false), ("a.test\0.evil", "a.test", false), ("127.0.0.1", "a.test", false),
        ])
    func certificateNames(presented: String, name: String, isMatch: Bool) {
        #expect(ServerIdentity.matches(Array(presented.utf8), Array(name.utf8)) == isMatch)
    }
}
