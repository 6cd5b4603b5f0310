import NIOCore

/// The text of a client's address, made once for each connection.
package enum ClientAddress {
    /// The numeric address without port; an IPv4 client of an IPv6 socket (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2) as
    /// IPv4; `unix` for a socket file, `-` when unknown.
    package static func render(_ address: SocketAddress?) -> ByteBuffer {
        guard let address else { return ByteBuffer(string: "-") }
        guard let text = address.ipAddress else { return ByteBuffer(string: "unix") }
        let mapped = "::ffff:"
        if text.hasPrefix(mapped), text.contains(".") {
            return ByteBuffer(string: String(text.dropFirst(mapped.count)))
        }
        return ByteBuffer(string: text)
    }
}
