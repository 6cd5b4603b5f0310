import Admission
import Exchange
import Glibc
import NIOCore

extension FuzzTarget {
    /// What clients claim about who they are: addresses as text, and lists of hops.
    static let forwarded = FuzzTarget(name: "forwarded") { input in
        let bytes = [UInt8](input.readableBytesView)
        checkAddress(bytes)
        checkID(bytes)
        for name in [FieldName.forwarded, .xForwardedFor] { checkWalk(bytes, name) }
    }

    /// The C library takes the same texts for addresses, and what is written is read as the same.
    private static func checkAddress(_ text: [UInt8]) {
        let found = NumericAddress(text.span)
        if let found {
            let written = Array(found.description.utf8)
            precondition(NumericAddress(written.span) == found, "another address than was written")
        }
        guard !text.contains(0) else { return precondition(found == nil, "NUL in an address") }
        let terminated = text.map { CChar(bitPattern: $0) } + [0]
        var (narrow, wide) = (in_addr(), in6_addr())
        let isAddress =
            unsafe inet_pton(AF_INET, terminated, &narrow) == 1 || inet_pton(AF_INET6, terminated, &wide) == 1
        precondition(isAddress == (found != nil), "the C library thinks otherwise")
    }

    private static func checkID(_ text: [UInt8]) {
        guard let id = RequestID(text.span) else { return }
        precondition(id.description == String(decoding: text, as: UTF8.self).lowercased(), "another id")
    }

    private static let trusted = AddressSet(["10.0.0.0/8", "::1"].compactMap { AddressBlock($0) })

    /// Nothing that a stranger says reaches over what a trusted hop has written behind it.
    private static func checkWalk(_ noise: [UInt8], _ name: FieldName) {
        let isForwarded = name == .forwarded
        let client = isForwarded ? "for=\"192.0.2.1:9\";proto=http" : "192.0.2.1"
        let hop = isForwarded ? "for=10.0.0.7" : "10.0.0.7"
        let wanted = NumericAddress(Array("192.0.2.1".utf8).span)
        let said = Array(", \(client), \(hop)".utf8)
        precondition(walk([noise + said], name) == wanted, "a stranger hid the client")
        precondition(walk([noise, Array(client.utf8), Array(hop.utf8)], name) == wanted, "a stranger hid the client")
        _ = walk([noise], name)
    }

    private static func walk(_ lines: [[UInt8]], _ name: FieldName) -> NumericAddress? {
        var bytes = ByteBuffer()
        var entries: [FieldBlock.Entry] = []
        for line in lines {
            let start = UInt32(bytes.writerIndex)
            bytes.writeBytes(line)
            entries.append(
                .init(name: name, nameStart: 0, nameLength: 0, valueStart: start, valueLength: UInt32(line.count)))
        }
        return try? ForwardedClient(trusted: trusted).address(in: FieldBlock(bytes: bytes, entries: entries))
    }
}
