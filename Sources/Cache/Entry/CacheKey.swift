/// What names one stored response: the space of its bucket and origin, the object's key, and what tells apart several
/// responses of one object.
///
/// An object's key never holds NUL (RTE-2), so what follows the first NUL is ours: a query (`q`), a variant (`v`), a
/// slice (`s`). All responses of one object share the bytes before it, its *stem*, by which it is purged.
package struct CacheKey: Sendable {
    /// Which bucket, and behind it which origin: the number that `CacheSpaces` gave it.
    package let space: UInt32
    /// The key's bytes are those from `start` on; what is before them is shared with the request's path.
    package let storage: [UInt8]
    package let start: Int
    /// A keyed hash of space and stem: all responses of one object fall together.
    package let stemHash: UInt64
    /// A keyed hash of all.
    package let hash: UInt64

    /// The key of an object, without a copy of `path`.
    package init(space: UInt32, path: [UInt8], keyStart: Int) {
        self.space = space
        storage = path
        start = keyStart
        var hasher = Hasher()
        hasher.combine(space)
        unsafe path.withUnsafeBytes { unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[keyStart...])) }
        stemHash = UInt64(bitPattern: Int64(hasher.finalize()))
        hash = stemHash
    }

    /// A key that was stored: stem and, behind a NUL, what tells it apart.
    package init(space: UInt32, bytes: [UInt8]) {
        let stemEnd = bytes.firstIndex(of: 0) ?? bytes.count
        let stem = CacheKey(space: space, path: Array(bytes[..<stemEnd]), keyStart: 0)
        self = stemEnd == bytes.count ? stem : stem.appending(bytes[stemEnd...])
    }

    private init(_ stem: borrowing CacheKey, bytes: [UInt8]) {
        space = stem.space
        storage = bytes
        start = 0
        stemHash = stem.stemHash
        var hasher = Hasher()
        hasher.combine(space)
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hash = UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The object's response for an encoded query of S3's own parameters.
    package func querying(_ query: [UInt8]) -> CacheKey {
        query.isEmpty ? self : appending([0, UInt8(ascii: "q")] + query)
    }

    /// The response for a client whose selecting fields have this digest, below the list of names marked `mark`.
    package func variant(mark: UInt64, digest: UInt64) -> CacheKey {
        appending([0, UInt8(ascii: "v")] + Self.bytes(mark) + Self.bytes(digest))
    }

    /// The slice of that number.
    package func slice(_ number: UInt64) -> CacheKey { appending([0, UInt8(ascii: "s")] + Self.bytes(number)) }

    package var length: Int { storage.count - start }

    /// The bytes as an array of their own.
    package var bytes: [UInt8] { start == 0 ? storage : Array(storage[start...]) }

    /// The bytes before the first NUL: the object's key.
    package var stem: ArraySlice<UInt8> { storage[start...].prefix { $0 != 0 } }

    private func appending(_ suffix: some Collection<UInt8>) -> CacheKey {
        var bytes = bytes
        bytes.append(contentsOf: suffix)
        return CacheKey(self, bytes: bytes)
    }

    /// As text of 13 letters at most without NUL, so that a key still splits at its first.
    private static func bytes(_ number: UInt64) -> [UInt8] {
        Array(String(number, radix: 36).utf8) + [UInt8(ascii: ".")]
    }
}

extension CacheKey: Hashable {
    package static func == (one: CacheKey, other: CacheKey) -> Bool {
        one.hash == other.hash && one.space == other.space
            && one.storage[one.start...].elementsEqual(other.storage[other.start...])
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
