import NIOCore

/// Tokens that were verified, so that one that comes again costs a look-up (JWT-8). Bound to one event loop.
///
/// Found by a hash under the process's own random key, and compared in full. Two generations: what is asked for moves
/// to the young one, and when that is full the old one is forgotten, so the memory is bounded and what is in use stays.
struct TokenCache<Value> {
    /// A token's text. Its end is the signature, which nobody can choose, so the hash takes only that.
    private struct Key: Hashable {
        let text: ByteBuffer

        func hash(into hasher: inout Hasher) {
            let bytes = text.readableBytesSpan
            let tail = bytes.extracting(max(0, bytes.byteCount - 32)..<bytes.byteCount)
            unsafe tail.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }

    private let limit: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    /// Holds at most `limit` tokens; none when it is 0.
    init(limit: Int) { self.limit = limit }

    var count: Int { young.count + old.count }

    mutating func value(of token: ByteBuffer) -> Value? {
        let key = Key(text: token)
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        keep(value, key)
        return value
    }

    mutating func insert(_ value: Value, for token: ByteBuffer) {
        // The bytes are the connection's, which will overwrite them.
        keep(value, Key(text: ByteBuffer(bytes: token.readableBytesView)))
    }

    mutating func remove(_ token: ByteBuffer) {
        let key = Key(text: token)
        young[key] = nil
        old[key] = nil
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }

    private mutating func keep(_ value: Value, _ key: Key) {
        guard limit > 0 else { return }
        if young.count >= (limit + 1) / 2 {
            old = young
            young = [:]
        }
        young[key] = value
    }
}
