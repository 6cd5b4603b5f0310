import HTTPSemantics

/// How objects are cut into slices of one size, of which the last one may be shorter. A slice is named by the position
/// of its first byte, so that slices of another size are never taken for it.
struct SliceGrid: Equatable {
    let size: Int64

    /// The slice that holds the byte at `position`.
    func start(of position: Int64) -> Int64 { position / size * size }

    /// The slice from which on an object is asked for these ranges before anything is known of it: that of the lowest
    /// position named. An object that ends before it has none of the ranges.
    ///
    /// Only the object's length tells where a suffix begins, and the first slice tells the length of any object.
    func first(of specs: [ByteRange.Spec]) -> Int64 {
        var lowest = Int64.max
        for spec in specs {
            switch spec {
            case .bounded(let first, last: _), .from(let first): lowest = min(lowest, first)
            case .suffix: lowest = 0
            }
        }
        // So that nothing overflows; no object is so long.
        return lowest > .max / 2 ? 0 : start(of: lowest)
    }

    /// The bytes of the slice at `start`, in an object that is long enough.
    func bytes(at start: Int64) -> ByteRange? {
        let (last, isBeyond) = start.addingReportingOverflow(size - 1)
        return isBeyond ? nil : ByteRange(first: start, last: last)
    }

    /// The bytes of the slice at `start` in an object of `complete` bytes; nil when that ends before it.
    func bytes(at start: Int64, in complete: Int64) -> ByteRange? {
        guard let all = bytes(at: start) else { return nil }
        return ByteRange(first: start, last: min(all.last, complete - 1))
    }

    /// The slices that hold these ranges, in the order in which they are needed, neighbours that are the same once. At
    /// most `limit`; nil when there are more.
    func slices(of ranges: [ByteRange], limit: Int) -> [Int64]? {
        var starts: [Int64] = []
        for range in ranges {
            var start = start(of: range.first)
            while start <= range.last {
                if starts.last != start {
                    guard starts.count < limit else { return nil }
                    starts.append(start)
                }
                start += size
            }
        }
        return starts
    }
}
