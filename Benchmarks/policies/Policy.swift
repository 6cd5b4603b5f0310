import Cache

/// What is compared.
protocol Policy {
    /// `capacity` in units; `entries` is how many fit in on average.
    init(capacity: Int, entries: Int)
    /// Whether the newest may be the one that leaves; else room is made before it comes.
    static var evictsAfterInsertion: Bool { get }
    var units: Int { get }
    mutating func insert(_ slot: UInt32, units: UInt32, hash: UInt64)
    mutating func touch(_ slot: UInt32)
    mutating func evict() -> UInt32?
}

extension Policy {
    static var evictsAfterInsertion: Bool { false }
}

extension S3FIFO: Policy {
    init(capacity: Int, entries: Int) { self.init(capacity: capacity) }
}
