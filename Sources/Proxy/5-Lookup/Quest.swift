import Cache
import Exchange
import HTTPSemantics
import NIOCore
import S3

/// A search for one object's response: what is looked for, and what was found on the way.
struct Quest {
    let object: ObjectAddress
    /// The object's key, which its variants' keys begin with.
    let base: CacheKey
    /// What is looked for now: the object, or the variant that this client's fields choose.
    var key: CacheKey
    /// The first tier that is still to be asked.
    var place = 0
    /// What is stored and may not be served without the origin's word.
    var stale: StoredResponse?
    /// The response is known to be for one client alone, so nobody waits for another.
    var isAlone = false
    /// The stored list of variants that `key` stands below.
    var list: VariantList?
    /// Why the origin is asked.
    var reason = CacheNote.Forward.uriMiss

    init(_ object: ObjectAddress, in cache: BucketCache) {
        self.object = object
        let key = CacheKey(space: cache.space, path: object.path, keyStart: object.keyStart)
        base = object.query.isEmpty ? key : key.querying(object.query.encoded)
        self.key = base
    }
}
