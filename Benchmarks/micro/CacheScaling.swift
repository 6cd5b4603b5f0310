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
        for threads in 1...2 { print("\(threads) threads: \(rate(objects, threads)) million hits a second") }
    }

    private static let calls = 2_000_000

    private static func time(_ objects: CachedObjects, _ count: Int, from first: Int) -> Int {
        let start = now(CLOCK_THREAD_CPUTIME_ID)
        var found = 0
        var number = 1
        for _ in 0..<calls {
            number = (number &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
            found += objects.find(first + (number >> 4) % count) == nil ? 0 : 1
        }
        guard found == (first == 0 ? calls : 0) else { return -1 }
        return Int((now(CLOCK_THREAD_CPUTIME_ID) - start) / Double(calls))
    }

    private static func rate(_ objects: CachedObjects, _ threads: Int) -> Double {
        final class Work {
            let objects: CachedObjects
            init(_ objects: CachedObjects) { self.objects = objects }
        }
        let work = Work(objects)
        let start = now(CLOCK_MONOTONIC)
        var identifiers = [pthread_t](repeating: 0, count: threads)
        for index in 0..<threads {
            // Each thread gives back the reference that it was started with.
            unsafe pthread_create(
                &identifiers[index], nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                    _ = CacheScaling.time(work.objects, 10_000, from: 0)
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
        }
        for identifier in identifiers { pthread_join(identifier, nil) }
        let seconds = (now(CLOCK_MONOTONIC) - start) / 1e9
        return (Double(calls * threads) / seconds / 1e4).rounded() / 100
    }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
