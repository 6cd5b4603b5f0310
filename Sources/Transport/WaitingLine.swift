/// A first-in, first-out line whose members may also leave from the middle. Amortised constant time at both ends.
struct WaitingLine<Member> {
    private var members: [Member?] = []
    private var head = 0
    private(set) var count = 0

    mutating func append(_ member: Member) {
        members.append(member)
        count += 1
    }

    mutating func popFirst() -> Member? {
        while head < members.count {
            let member = members[head]
            members[head] = nil
            head += 1
            compact()
            if let member {
                count -= 1
                return member
            }
        }
        return nil
    }

    mutating func removeFirst(where isWanted: (Member) -> Bool) -> Member? {
        for index in head..<members.count {
            guard let member = members[index], isWanted(member) else { continue }
            members[index] = nil
            count -= 1
            compact()
            return member
        }
        return nil
    }

    /// Places of members that are gone, in front or between, never outnumber the others by much.
    private mutating func compact() {
        guard members.count > 64, members.count > count * 2 else { return }
        members.removeAll { $0 == nil }
        head = 0
    }
}
