import NIOCore

/// Decisions and how long they hold, in two generations: the young one takes what is new or used again, and when it is
/// full it becomes the old one, whose remains are forgotten. So what is in use stays, without a list of uses.
struct KeptDecisions {
    private struct Entry {
        var decision: Decision
        var until: NIODeadline
    }

    /// Entries of both generations together.
    let capacity: Int
    private var young: [DecisionKey: Entry] = [:]
    private var old: [DecisionKey: Entry] = [:]

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { young.count + old.count }

    /// The decision that holds at `now`.
    mutating func find(_ key: DecisionKey, at now: NIODeadline) -> Decision? {
        if let entry = young[key] {
            if entry.until > now { return entry.decision }
            young[key] = nil
            return nil
        }
        guard !old.isEmpty, let entry = old.removeValue(forKey: key), entry.until > now else { return nil }
        insert(entry, key)
        return entry.decision
    }

    mutating func keep(_ decision: Decision, _ key: DecisionKey, until deadline: NIODeadline) {
        old[key] = nil
        insert(Entry(decision: decision, until: deadline), key)
    }

    private mutating func insert(_ entry: Entry, _ key: DecisionKey) {
        if young.count >= max(1, capacity / 2), young[key] == nil {
            old = capacity > 1 ? young : [:]
            young = [:]
        }
        young[key] = entry
    }
}
