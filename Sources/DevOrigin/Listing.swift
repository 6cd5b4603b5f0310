/// One page of a list: keys, and what a delimiter rolled up.
struct Listing: Sendable {
    struct Item: Sendable {
        let key: [UInt8]
        let identity: FileIdentity
        let tag: String
    }

    var items: [Item] = []
    /// Common prefixes, their delimiter included.
    var groups: [[UInt8]] = []
    /// Where the next page begins; nil on the last one.
    var next: ListQuery.Position?

    var count: Int { items.count + groups.count }
}
