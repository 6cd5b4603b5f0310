/// Where a server listens.
package struct RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name, or an IP literal without brackets.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
