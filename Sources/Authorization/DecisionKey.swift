import Glibc

/// All that a decision depends on, as bytes. They are compared, not only their hash: a request must never get another
/// one's decision.
package struct DecisionKey: Hashable, Sendable {
    let bytes: [UInt8]
    /// Made once, of all bytes, with the process's random seed, so that nobody can make keys that collide.
    let digest: Int

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var hasher = Hasher()
        // read within this call alone
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        digest = hasher.finalize()
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    package static func == (one: DecisionKey, other: DecisionKey) -> Bool {
        guard one.digest == other.digest, one.bytes.count == other.bytes.count else { return false }
        // as many bytes on both sides
        return unsafe one.bytes.withUnsafeBytes { these in
            unsafe other.bytes.withUnsafeBytes { those in
                guard let a = these.baseAddress, let b = those.baseAddress else { return true }
                return unsafe memcmp(a, b, these.count) == 0
            }
        }
    }
}
