import Crypto

/// The buckets' spaces: their numbers in this process, and what they are called in files and in Redis.
///
/// A space is named by all that decides what its responses are: a bucket that is pointed at another origin finds
/// nothing of the old one.
package struct CacheSpaces: SpaceDirectory {
    /// What makes one bucket's responses its own.
    package struct Place: Sendable {
        let bucket: String
        let endpoint: String
        let store: String
        let region: String

        package init(bucket: String, endpoint: String, store: String, region: String) {
            self.bucket = bucket
            self.endpoint = endpoint
            self.store = store
            self.region = region
        }
    }

    private let identities: [SpaceIdentity]

    /// In the order of the buckets, whose places are their spaces' numbers.
    package init(_ places: [Place]) { identities = places.map { SpaceIdentity($0) } }

    package func identity(of space: UInt32) -> SpaceIdentity? {
        Int(space) < identities.count ? identities[Int(space)] : nil
    }

    package func space(of identity: SpaceIdentity) -> UInt32? {
        identities.firstIndex { $0 == identity }.map { UInt32($0) }
    }
}

extension SpaceIdentity {
    /// The first bytes of SHA-256 over the place's parts, each with a NUL behind it.
    fileprivate init(_ place: CacheSpaces.Place) {
        var digest = SHA256()
        for part in [place.bucket, place.endpoint, place.store, place.region] {
            digest.update(data: Array(part.utf8) + [0])
        }
        var words: (UInt64, UInt64) = (0, 0)
        for (index, byte) in digest.finalize().enumerated() where index < 16 {
            if index < 8 { words.0 = words.0 << 8 | UInt64(byte) } else { words.1 = words.1 << 8 | UInt64(byte) }
        }
        self.init(high: words.0, low: words.1)
    }
}
