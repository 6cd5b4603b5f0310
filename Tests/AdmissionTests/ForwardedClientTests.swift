import Exchange
import HTTPWire
import NIOCore
import Testing

@testable import Admission

/// Fields of a request whose peer is trusted, as the wire's own parser reads them.
func fields(_ lines: [String]) throws -> FieldBlock {
    var bytes = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: p\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
    var parser = RequestParser(limits: WireLimits())
    return try #require(try parser.parse(&bytes)).fields
}

func address(_ text: String) throws -> NumericAddress {
    let address = NumericAddress(Array(text.utf8).span)
    return try #require(address)
}

@Suite("The client behind trusted hops")
struct ForwardedClientTests {
    private static let trusted = AddressSet(["10.0.0.0/8", "2001:db8:a::/48"].compactMap { AddressBlock($0) })

    private func client(_ lines: [String]) throws -> String? {
        try ForwardedClient(trusted: Self.trusted).address(in: fields(lines))?.description
    }

    @Test(
        "HTTP-8: X-Forwarded-For is read from its end while hops are trusted",
        arguments: [
            ([], nil),
            (["X-Forwarded-For: 192.0.2.1"], "192.0.2.1"),
            (["X-Forwarded-For: 198.51.100.9, 192.0.2.1"], "192.0.2.1"),
            (["X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.0.0.5"], "192.0.2.1"),
            (["X-Forwarded-For: 192.0.2.1,10.0.0.5,\t10.0.0.6 "], "192.0.2.1"),
            (["X-Forwarded-For: 10.0.0.5, 10.0.0.6"], "10.0.0.5"),
            (["X-Forwarded-For: 198.51.100.9", "X-Forwarded-For: 192.0.2.1, 10.0.0.5"], "192.0.2.1"),
            (["X-Forwarded-For: 192.0.2.1", "Accept: a", "x-forwarded-for: 10.0.0.5"], "192.0.2.1"),
            (["X-Forwarded-For: 2001:db8::7, 2001:db8:a::1"], "2001:db8::7"),
            (["X-Forwarded-For: [2001:db8::7]:443, [2001:db8:a::1]"], "2001:db8::7"),
            (["X-Forwarded-For: 192.0.2.1:50123"], "192.0.2.1"),
            (["X-Forwarded-For: ::ffff:192.0.2.1"], "192.0.2.1"),
            // What names no address ends the walk at the last trusted hop.
            (["X-Forwarded-For: unknown"], nil), (["X-Forwarded-For: "], nil), (["X-Forwarded-For: ,"], nil),
            (["X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.5"], "10.0.0.5"),
            (["X-Forwarded-For: 192.0.2.1, , 10.0.0.5"], "10.0.0.5"),
            (["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For:", "X-Forwarded-For: 10.0.0.5"], "10.0.0.5"),
            (["X-Forwarded-For: 192.0.2.1, 10.0.0.999"], nil), (["X-Forwarded-For: 192.0.2.1 10.0.0.5"], nil),
            (["X-Forwarded-For: 192.0.2.1, 10.0.0.5,"], nil), (["X-Forwarded-For: \"192.0.2.1\""], nil),
            (["X-Forwarded-For: 192.0.2.1:port"], nil), (["X-Forwarded-For: 192.0.2.1:"], nil),
            (["X-Forwarded-For: fe80::1%eth0"], nil), (["X-Forwarded-For: [192.0.2.1]"], nil),
            (["X-Forwarded-For: for=192.0.2.1"], nil), (["X-Forwarded-For: 192.0.2.1;10.0.0.5"], nil),
        ] as [([String], String?)])
    func xForwardedFor(_ lines: [String], _ expected: String?) throws {
        #expect(try client(lines) == expected)
    }

    @Test(
        "HTTP-8: Forwarded is read from its end while hops are trusted",
        arguments: [
            (["Forwarded: for=192.0.2.1"], "192.0.2.1"),
            (["Forwarded: For=192.0.2.1;proto=https;by=10.0.0.1"], "192.0.2.1"),
            (["Forwarded: proto=http;host=\"a,b\";FOR=192.0.2.1"], "192.0.2.1"),
            (["Forwarded: for=\"[2001:db8::7]\""], "2001:db8::7"),
            (["Forwarded: for=\"[2001:db8::7]:4711\""], "2001:db8::7"),
            (["Forwarded: for=\"192.0.2.1:4711\""], "192.0.2.1"), (["Forwarded: for=\"192.0.2.1:_p\""], "192.0.2.1"),
            (["Forwarded: for=198.51.100.9, for=192.0.2.1, for=10.0.0.5"], "192.0.2.1"),
            (["Forwarded: for=198.51.100.9, for=192.0.2.1", "Forwarded: for=10.0.0.5;x=\"a\\\"b,c\""], "192.0.2.1"),
            (["Forwarded: for=\"_gazonk, for=10.0.0.5"], "10.0.0.5"),
            (["Forwarded: for=\"x, for=192.0.2.1"], "192.0.2.1"),
            (["Forwarded: x=\"\\, for=192.0.2.1"], "192.0.2.1"),
            // What names no address ends the walk at the last trusted hop.
            (["Forwarded: for=unknown"], nil), (["Forwarded: for=_hidden"], nil), (["Forwarded: by=10.0.0.1"], nil),
            (["Forwarded: for=192.0.2.1, for=_hidden, for=10.0.0.5"], "10.0.0.5"),
            (["Forwarded: for=192.0.2.1, proto=http, for=10.0.0.5"], "10.0.0.5"),
            (["Forwarded: for=192.0.2.1;for=192.0.2.2"], nil), (["Forwarded: for = 192.0.2.1"], nil),
            (["Forwarded: for=192.0.2.1;"], nil), (["Forwarded: ;for=192.0.2.1"], nil),
            (["Forwarded: for=192.0.2.1:80"], nil), (["Forwarded: for=[2001:db8::7]"], nil),
            (["Forwarded: for=\"2001:db8::7"], nil), (["Forwarded: for=192.0.2.1\""], nil),
            (["Forwarded: for=\"192.0.2.\\1\""], nil), (["Forwarded: for=\"\""], nil), (["Forwarded: for="], nil),
            (["Forwarded: 192.0.2.1"], nil), (["Forwarded: "], nil), (["Forwarded: for=192.0.2.1,"], nil),
            (["Forwarded: for=\"192.0.2.1\"x"], nil), (["Forwarded: for=192.0.2.1 ;proto=http"], nil),
            (["Forwarded: =192.0.2.1"], nil), (["Forwarded: for=\"[2001:db8::7\""], nil),
        ] as [([String], String?)])
    func forwarded(_ lines: [String], _ expected: String?) throws {
        #expect(try client(lines) == expected)
    }

    @Test(
        "HTTP-8: both fields together must name the same client",
        arguments: [
            (["X-Forwarded-For: 198.51.100.9, 192.0.2.1", "Forwarded: for=192.0.2.1, for=10.0.0.1"], "192.0.2.1"),
            (["Forwarded: for=unknown", "X-Forwarded-For: unknown"], nil),
        ] as [([String], String?)])
    func both(_ lines: [String], _ expected: String?) throws {
        #expect(try client(lines) == expected)
    }

    @Test(
        "HTTP-8: a stranger's own field beside the one that the hop writes is no way to be another",
        arguments: [
            "Forwarded: for=198.51.100.9", "Forwarded: for=10.0.0.1", "Forwarded: for=unknown", "Forwarded:",
            "Forwarded: for=\"",
        ])
    func contradictions(_ line: String) throws {
        #expect(throws: AdmissionFailure.hopsDisagree) { try client([line, "X-Forwarded-For: 192.0.2.1"]) }
        #expect(throws: AdmissionFailure.hopsDisagree) { try client(["X-Forwarded-For: 192.0.2.1", line]) }
        #expect(AdmissionFailure.hopsDisagree.fault.code == .badRequest)
    }

    @Test("HTTP-8: whatever stands before what a trusted hop wrote changes nothing")
    func whateverBefore() throws {
        var state: UInt64 = 5
        let letters = Array("for=\"\\,;[]: 10.0.0.1_a".utf8)
        for _ in 0..<3_000 {
            var noise: [UInt8] = []
            for _ in 0..<20 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                noise.append(letters[Int(state >> 33) % letters.count])
            }
            let text = String(decoding: noise, as: UTF8.self)
            #expect(try client(["Forwarded: \(text), for=192.0.2.1"]) == "192.0.2.1", "\(text)")
            #expect(try client(["X-Forwarded-For: \(text), 192.0.2.1, 10.9.9.9"]) == "192.0.2.1", "\(text)")
        }
    }
}
