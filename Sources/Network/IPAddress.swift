import Glibc
import NIOCore

/// An IPv4 or IPv6 address, parsed from its text without asking the C library's resolver.
///
/// NIO's `SocketAddress(ipAddress:)` hands a text with a `%scope` to getaddrinfo, which a static binary must never
/// call; so every literal goes through here, and a scope is refused.
package enum IPAddress: Hashable, Sendable {
    /// The 32 bits in host order.
    case v4(UInt32)
    /// The upper and the lower 64 bits in host order.
    case v6(UInt64, UInt64)

    /// Parses the four-part dotted form of IPv4 or any form of RFC 4291 §2.2 without a scope; nil for anything else.
    /// No brackets, no white space, no port, no leading zeros or hexadecimal in IPv4.
    package init?(literal text: String) {
        // inet_pton reads up to a NUL, which a Swift string may hold inside.
        guard !text.isEmpty, text.utf8.count < 46, !text.utf8.contains(0), !text.utf8.contains(UInt8(ascii: "%"))
        else { return nil }
        var v4: UInt32 = 0
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4))
            return
        }
        var v6: InlineArray<2, UInt64> = [0, 0]
        guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = .v6(UInt64(bigEndian: v6[0]), UInt64(bigEndian: v6[1]))
    }

    package static let loopbackV4 = IPAddress.v4(0x7f00_0001)
    package static let loopbackV6 = IPAddress.v6(0, 1)

    package var isV6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }

    /// Never throws in fact: NIO does so for bytes of another number than 4 and 16.
    package func socketAddress(port: UInt16) throws -> SocketAddress {
        var bytes = ByteBuffer()
        switch self {
        case .v4(let bits): bytes.writeInteger(bits)
        case .v6(let high, let low): bytes.writeMultipleIntegers(high, low)
        }
        return try SocketAddress(packedIPAddress: bytes, port: Int(port))
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952 for IPv6, without brackets).
    package var description: String { (try? socketAddress(port: 0))?.ipAddress ?? "" }
}
