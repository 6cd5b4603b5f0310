import Glibc

/// A sequence of requests for numbered objects of mixed sizes. The same at every run.
struct Trace {
    let name: String
    /// How many different objects there may be.
    let objects: Int
    let requests: [UInt32]

    /// In bytes: three fifths are 4 to 32 KiB, three tenths 32 to 256 KiB, one tenth 256 KiB to 4 MiB.
    static func size(of object: UInt32) -> Int {
        var words = Words(state: UInt64(object) &* 0x9e37_79b9_7f4a_7c15 &+ 7)
        let kind = words.next() % 10
        let part = Double(words.next() >> 11) / Double(1 << 53)
        switch kind {
        case 0..<6: return Int(4_096 * pow(8, part))
        case 6..<9: return Int(32_768 * pow(8, part))
        default: return Int(262_144 * pow(16, part))
        }
    }

    static func all(requests count: Int) -> [Trace] {
        let objects = 20_000
        return [
            zipf("Zipf 0.8", 0.8, objects, count), zipf("Zipf 1.0", 1.0, objects, count),
            Trace(name: "scan", objects: count, requests: (0..<count).map { UInt32($0) }),
            scanned(zipf("", 0.9, objects, count), count),
            Trace(name: "loop", objects: 3_000, requests: (0..<count).map { UInt32($0 % 3_000) }),
            changing(zipf("", 1.0, objects, count), count), once(count),
        ]
    }

    private static func zipf(_ name: String, _ exponent: Double, _ objects: Int, _ count: Int) -> Trace {
        var sums: [Double] = []
        var sum = 0.0
        for rank in 1...objects {
            sum += pow(Double(rank), -exponent)
            sums.append(sum)
        }
        var words = Words(state: 42)
        let requests = (0..<count).map { _ in
            let wanted = Double(words.next() >> 11) / Double(1 << 53) * sum
            var (low, high) = (0, objects - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < wanted { low = middle + 1 } else { high = middle }
            }
            return UInt32(low)
        }
        return Trace(name: name, objects: objects, requests: requests)
    }

    /// Every 20,000 requests a reader walks through 5,000 objects that nobody asks for otherwise, one for one.
    private static func scanned(_ base: Trace, _ count: Int) -> Trace {
        var requests: [UInt32] = []
        var next = UInt32(base.objects)
        for (index, object) in base.requests.enumerated() where requests.count < count {
            requests.append(object)
            guard index % 20_000 >= 15_000 else { continue }
            requests.append(next)
            next += 1
        }
        return Trace(name: "Zipf 0.9 and scans", objects: Int(next), requests: requests)
    }

    /// Every 50,000 requests a fifth of the objects change places with others.
    private static func changing(_ base: Trace, _ count: Int) -> Trace {
        var places = (0..<UInt32(base.objects)).map { $0 }
        var words = Words(state: 11)
        let requests = base.requests.enumerated().map { index, object in
            if index % 50_000 == 49_999 {
                for _ in 0..<base.objects / 5 {
                    places.swapAt(
                        Int(words.next() % UInt64(base.objects / 20)), Int(words.next() % UInt64(base.objects)))
                }
            }
            return places[Int(object)]
        }
        return Trace(name: "Zipf 1.0, changing", objects: base.objects, requests: requests)
    }

    /// New objects all the time, each asked for some times soon after: the latest news.
    private static func once(_ count: Int) -> Trace {
        var words = Words(state: 5)
        let requests = (0..<count).map { index in
            let newest = index / 6
            let part = Double(words.next() >> 11) / Double(1 << 53)
            return UInt32(max(0, newest - Int(pow(4_000, part)) + 1))
        }
        return Trace(name: "latest news", objects: count / 6 + 1, requests: requests)
    }
}

/// SplitMix64.
struct Words {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
