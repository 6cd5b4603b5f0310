import NIOCore

/// In which order sentinels are asked, and what their answers say: the rules of Redis' guidelines for clients of
/// Sentinel, without a socket.
struct SentinelOrder: Equatable {
    private(set) var nodes: [RedisAddress]

    /// The next search begins with the one that knew the answer.
    mutating func answered(_ node: RedisAddress) {
        guard let index = nodes.firstIndex(of: node), index > 0 else { return }
        nodes.remove(at: index)
        nodes.insert(node, at: 0)
    }

    /// The answer to `SENTINEL GET-MASTER-ADDR-BY-NAME`; nil when the sentinel does not know the name.
    static func master(_ reply: RESPValue) -> RedisAddress? {
        guard let words = reply.elements, words.count == 2, let host = words[0].bytes, let port = words[1].bytes,
            let number = Int(String(buffer: port)), (1...65_535).contains(number), host.readableBytes > 0
        else { return nil }
        return RedisAddress(host: String(buffer: host), port: number)
    }

    /// The answer to `ROLE`.
    static func isMaster(_ reply: RESPValue) -> Bool { reply.elements?.first?.isString("master") ?? false }
}
