/// Finds the bucket of a path: the longest prefix wins, on segment boundaries (RTE-1).
///
/// One pass over the path: a running hash (FNV-1a) is looked up at every `/` and at the end, so the cost follows the
/// length of the longest prefix and not the number of buckets. No allocation.
package struct RouteTable: Sendable {
    package struct Match: Equatable, Sendable {
        package let bucket: Int
        /// Bytes of the path that the prefix takes, without a closing `/`.
        package let prefixLength: Int
    }

    private struct Slot {
        var hash: UInt64
        var bucket: Int32
    }

    private let prefixes: [[UInt8]]
    private let slots: [Slot]
    private let mask: Int
    private let longest: Int
    private let root: Int?

    /// `prefixes[i]` leads to bucket `i`; with or without a closing `/`, and `/` for the root. They are distinct.
    package init(prefixes texts: [String]) {
        let prefixes = texts.map { text -> [UInt8] in
            var bytes = Array(text.utf8)
            if bytes.last == Self.slash { bytes.removeLast() }
            return bytes
        }
        var size = 2
        while size < prefixes.count * 2 { size *= 2 }
        var slots = [Slot](repeating: Slot(hash: 0, bucket: -1), count: size)
        for (index, prefix) in prefixes.enumerated() where !prefix.isEmpty {
            let hash = prefix.reduce(Self.seed) { Self.mix($0, $1) }
            var position = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[position].bucket >= 0 { position = (position + 1) & (size - 1) }
            slots[position] = Slot(hash: hash, bucket: Int32(index))
        }
        self.prefixes = prefixes
        self.slots = slots
        mask = size - 1
        longest = prefixes.map(\.count).max() ?? 0
        root = prefixes.firstIndex(of: [])
    }

    /// The bucket of a decoded path that begins with `/`; nil when none is mapped.
    package func match(_ path: Span<UInt8>) -> Match? {
        var best = root.map { Match(bucket: $0, prefixLength: 0) }
        let end = min(path.count, longest + 1)
        var hash = Self.seed
        for index in 0..<end {
            let byte = path[index]
            if byte == Self.slash, index > 0, let bucket = find(hash, path, index) {
                best = Match(bucket: bucket, prefixLength: index)
            }
            hash = Self.mix(hash, byte)
        }
        if end == path.count, let bucket = find(hash, path, end) { best = Match(bucket: bucket, prefixLength: end) }
        return best
    }

    private func find(_ hash: UInt64, _ path: Span<UInt8>, _ length: Int) -> Int? {
        var position = Int(truncatingIfNeeded: hash) & mask
        while slots[position].bucket >= 0 {
            let slot = slots[position]
            if slot.hash == hash, isPrefix(Int(slot.bucket), of: path, length) { return Int(slot.bucket) }
            position = (position + 1) & mask
        }
        return nil
    }

    private func isPrefix(_ bucket: Int, of path: Span<UInt8>, _ length: Int) -> Bool {
        guard prefixes[bucket].count == length else { return false }
        for index in 0..<length where prefixes[bucket][index] != path[index] { return false }
        return true
    }

    private static var slash: UInt8 { UInt8(ascii: "/") }
    private static var seed: UInt64 { 0xcbf2_9ce4_8422_2325 }
    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
