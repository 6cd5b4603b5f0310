import Crypto
import FoundationEssentials

/// HMAC (RFC 2104) as the two hash states that follow from its key, ready to be copied for each message.
struct KeyedHash<Hash: HashFunction>: Sendable where Hash: Sendable {
    private let inner: Hash
    private let outer: Hash

    init(key: [UInt8]) {
        var block = key.count > Hash.blockByteCount ? Array(Hash.hash(data: key)) : key
        block += [UInt8](repeating: 0, count: Hash.blockByteCount - block.count)
        var inner = Hash()
        var outer = Hash()
        inner.update(data: block.map { $0 ^ 0x36 })
        outer.update(data: block.map { $0 ^ 0x5c })
        self.inner = inner
        self.outer = outer
    }

    /// Whether `code` is the message's; takes the same time wherever the two differ.
    @inline(__always)
    func isValid(_ code: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard code.count == Hash.Digest.byteCount else { return false }
        var first = inner
        unsafe message.withUnsafeBytes { unsafe first.update(bufferPointer: $0) }
        var last = outer
        unsafe first.finalize().withUnsafeBytes { unsafe last.update(bufferPointer: $0) }
        var difference: UInt8 = 0
        unsafe last.finalize().withUnsafeBytes { expected in
            for index in 0..<code.count { difference |= unsafe expected[index] ^ code[index] }
        }
        return difference == 0
    }
}
