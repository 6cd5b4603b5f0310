import Cache
import Glibc

/// Look-ups in caches of several sizes, in random order, and by one and two threads: times for people.
enum CacheScaling {
    static func report() {
        for count in [1_000, 10_000, 100_000, 1_000_000] {
            let objects = CachedObjects(count: count, capacity: 8 << 30)
            let (hit, miss) = (time(objects, count, from: 0), time(objects, count, from: count))
            print("\(count) entries: hit \(hit) ns, miss \(miss) ns")
        }
        let objects = CachedObjects(count: 10_000, capacity: 8 << 30)
        for threads in 1...2 {
            let (rate, cost) = together(objects, threads)
            print("\(threads) threads: \(rate) million hits a second, \(cost) ns of processor time each")
        }
    }

    private static let calls = 2_000_000

    private static func time(_ objects: CachedObjects, _ count: Int, from first: Int, seed: Int = 1) -> Int {
        let start = now(CLOCK_THREAD_CPUTIME_ID)
        var found = 0
        var number = seed
        for _ in 0..<calls {
            number = (number &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
            found += objects.find(first + (number >> 4) % count) == nil ? 0 : 1
        }
        guard found == (first == 0 ? calls : 0) else { return -1 }
        return Int((now(CLOCK_THREAD_CPUTIME_ID) - start) / Double(calls))
    }

    /// Where processors are busy with other things the time of the processors tells more than the rate.
    private static func together(_ objects: CachedObjects, _ threads: Int) -> (rate: Double, cost: Int) {
        final class Work {
            let objects: CachedObjects
            /// Threads that ask for the same in step would wait for each other.
            let seed: Int

            init(_ objects: CachedObjects, seed: Int) {
                self.objects = objects
                self.seed = seed
            }
        }
        let (start, startOfWork) = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
        var identifiers = [pthread_t](repeating: 0, count: threads)
        for index in 0..<threads {
            // Each thread gives back the reference that it was started with.
            unsafe pthread_create(
                &identifiers[index], nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    _ = CacheScaling.time(work.objects, 10_000, from: 0, seed: work.seed)
                    return nil
                }, Unmanaged.passRetained(Work(objects, seed: 1 + index * 7_919)).toOpaque())
        }
        for identifier in identifiers { pthread_join(identifier, nil) }
        let seconds = (now(CLOCK_MONOTONIC) - start) / 1e9
        let work = now(CLOCK_PROCESS_CPUTIME_ID) - startOfWork
        return ((Double(calls * threads) / seconds / 1e4).rounded() / 100, Int(work / Double(calls * threads)))
    }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
