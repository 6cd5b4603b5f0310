import Exchange

/// Reads the lines of one head or trailer section as they arrive, each of them once.
///
/// A line that is not complete is tried once, and tried again only when its line feed is there or the limit is reached:
/// so a section that trickles in costs time in proportion to its length. Offsets count from the head's first byte, and
/// the bytes must stay in front of the reader until the end.
struct FieldSection: Sendable {
    /// Where the first line that is not read yet begins.
    var position = 0
    /// How far the bytes were searched for the end of that line.
    private(set) var scanned = 0
    private(set) var entries: [FieldBlock.Entry] = []
    var facts: MessageFacts
    private let maxFields: Int

    init(maxFields: Int, allowsEqualLengths: Bool = false) {
        self.maxFields = maxFields
        facts = MessageFacts(allowsEqualLengths: allowsEqualLengths)
    }

    /// Whether the line at `position` is worth an attempt: its first, or one that may complete it.
    ///
    /// `limit`: the offset at which there will be no other attempt, so that a fault before it is found.
    @inline(__always)
    mutating func mayProceed(_ bytes: RawSpan, limit: Int) -> Bool {
        if scanned <= position { return true }
        let feed = bytes.first(UInt8(ascii: "\n"), from: scanned, to: bytes.byteCount)
        scanned = feed
        return feed < bytes.byteCount || bytes.byteCount >= limit
    }

    /// Gives the entries and makes ready for the next message.
    @inline(__always)
    mutating func takeEntries() -> [FieldBlock.Entry] {
        position = 0
        scanned = 0
        facts = MessageFacts(allowsEqualLengths: facts.allowsEqualLengths)
        return exchange(&entries, with: [])
    }

    /// The line at `position` is not complete.
    @inline(__always)
    mutating func wait(_ bytes: RawSpan) { scanned = bytes.byteCount }

    /// Reads lines up to the empty one, which is consumed too; false while it is not there.
    @inline(__always)
    mutating func read(_ bytes: RawSpan) throws(WireFailure) -> Bool {
        if entries.isEmpty { entries.reserveCapacity(16) }
        while true {
            switch try FieldLine.read(bytes, from: position) {
            case .field(let entry, let next):
                guard entries.count < maxFields else { throw .malformed(.tooManyFields) }
                entries.append(entry)
                try facts.note(entry, in: bytes)
                position = next
            case .end(let next):
                position = next
                return true
            case .incomplete:
                wait(bytes)
                return false
            }
        }
    }
}
