import Cache
import Glibc

/// Plays the same traces to the policies and prints a table of hit ratios, byte hit ratios and time for each request.
@main
enum CachePolicies {
    struct Outcome {
        var hits = 0
        var hitBytes = 0
        var bytes = 0
        var nanoseconds = 0.0
    }

    static func main() {
        let capacities = [64 << 20, 256 << 20]
        print("| Trace | cache | LRU | S3-FIFO | W-TinyLFU 1 % | W-TinyLFU 10 % |")
        print("|---|---:|---:|---:|---:|---:|")
        for trace in Trace.all(requests: 1_000_000) {
            let sizes = (0..<trace.objects).map { Trace.size(of: UInt32($0)) }
            for capacity in capacities {
                let cells = [
                    play(LRU.self, trace, sizes, capacity), play(S3FIFO.self, trace, sizes, capacity),
                    play(WTinyLFU.self, trace, sizes, capacity), play(WTinyLFUWide.self, trace, sizes, capacity),
                ].map { cell($0, trace.requests.count) }
                print("| \(trace.name) | \(capacity >> 20) MiB | \(cells.joined(separator: " | ")) |")
            }
        }
        print("\nIn each cell: hits in percent of the requests / of the bytes / nanoseconds for a request.")
    }

    private static func cell(_ outcome: Outcome, _ count: Int) -> String {
        percent(outcome.hits, count) + " / " + percent(outcome.hitBytes, outcome.bytes)
            + " / \(Int(outcome.nanoseconds / Double(count)))"
    }

    private static func percent(_ part: Int, _ whole: Int) -> String {
        let tenths = Int((Double(part) / Double(whole) * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A cache of that many bytes in front of the trace; sizes in units of 16 bytes, as the tier counts them.
    @inline(never)
    private static func play<Chosen: Policy>(
        _ policy: Chosen.Type, _ trace: Trace, _ sizes: [Int], _ capacity: Int
    ) -> Outcome {
        let average = sizes.reduce(0, +) / sizes.count
        var policy = Chosen(capacity: capacity / 16, entries: capacity / average)
        var slotOf = [UInt32](repeating: .max, count: trace.objects)
        var objectOf: [UInt32] = []
        var free: [UInt32] = []
        var outcome = Outcome()
        let start = now()
        for object in trace.requests {
            let size = sizes[Int(object)]
            outcome.bytes += size
            let known = slotOf[Int(object)]
            if known != .max {
                outcome.hits += 1
                outcome.hitBytes += size
                policy.touch(known)
                continue
            }
            let units = (size + 15) / 16
            func makeRoom(_ units: Int) {
                while policy.units + units > capacity / 16, let slot = policy.evict() {
                    slotOf[Int(objectOf[Int(slot)])] = .max
                    free.append(slot)
                }
            }
            if !Chosen.evictsAfterInsertion { makeRoom(units) }
            let slot = free.popLast() ?? UInt32(objectOf.count)
            if Int(slot) == objectOf.count { objectOf.append(object) } else { objectOf[Int(slot)] = object }
            slotOf[Int(object)] = slot
            var words = Words(state: UInt64(object))
            policy.insert(slot, units: UInt32(units), hash: words.next())
            if Chosen.evictsAfterInsertion { makeRoom(0) }
        }
        outcome.nanoseconds = now() - start
        return outcome
    }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
