import NIOCore

/// Who sends requests: the other end of a connection, or whom trusted hops name.
package final class Client {
    /// The address as text, without the port; `unix` for a socket file, `-` when unknown.
    package let address: ByteBuffer
    /// The same as a value; nil when it is no IP address.
    package let ip: NumericAddress?
    /// It is one of the trusted hops, which may say for whom they ask.
    package let isTrusted: Bool
    /// Whether the connection is past a limit, so that only the proxy's own paths are served.
    package let isOverLimit: Bool

    /// The other end of a connection, or nobody yet.
    package init(peer: SocketAddress?, trusted: AddressSet = AddressSet(), isOverLimit: Bool = false) {
        ip = peer.flatMap { NumericAddress($0) }
        address = ip?.text ?? ByteBuffer(string: peer == nil ? "-" : "unix")
        isTrusted = ip.map(trusted.contains) ?? false
        self.isOverLimit = isOverLimit
    }

    /// Whom a hop names.
    package init(_ ip: NumericAddress, trusted: AddressSet, isOverLimit: Bool) {
        self.ip = ip
        address = ip.text
        isTrusted = trusted.contains(ip)
        self.isOverLimit = isOverLimit
    }
}
