/// What a purge covers.
package enum PurgeScope: Sendable, Equatable {
    case everything
    case space(UInt32)
    /// All objects of a space whose key begins so.
    case prefix(UInt32, [UInt8])
    /// One object with all its versions, variants and slices.
    case object(UInt32, [UInt8])

    /// Whether it covers the response of that key, `key` being its bytes with what stands behind the stem.
    package func covers(space: UInt32, key: Span<UInt8>) -> Bool {
        switch self {
        case .everything: true
        case .space(let wanted): wanted == space
        case .prefix(let wanted, let prefix): wanted == space && key.starts(with: prefix)
        case .object(let wanted, let stem):
            wanted == space && key.starts(with: stem) && (key.count == stem.count || key[stem.count] == 0)
        }
    }

    package func covers(_ key: CacheKey) -> Bool {
        covers(space: key.space, key: key.storage.span.extracting(key.start...))
    }
}

extension Span where Element == UInt8 {
    fileprivate func starts(with prefix: [UInt8]) -> Bool {
        guard count >= prefix.count else { return false }
        for index in prefix.indices where self[index] != prefix[index] { return false }
        return true
    }
}
