import HTTPSemantics
import Testing

@testable import Proxy

@Suite struct SliceGridTests {
    private let grid = SliceGrid(size: 10)

    private static let searches: [(specs: [ByteRange.Spec], start: Int64)] = [
        ([.bounded(first: 0, last: 3)], 0), ([.bounded(first: 9, last: 30)], 0),
        ([.bounded(first: 10, last: 30)], 10), ([.from(29)], 20), ([.suffix(5)], 0),
        ([.from(45), .bounded(first: 21, last: 22)], 20), ([.from(45), .suffix(1)], 0), ([.from(.max)], 0),
        ([.from(.max / 2)], .max / 2 / 10 * 10),
    ]

    @Test("CACHE-10: the slice from which on ranges are looked for", arguments: searches)
    func first(specs: [ByteRange.Spec], start: Int64) { #expect(grid.first(of: specs) == start) }

    @Test("CACHE-10: a slice ends where the next begins, and the last one where the object ends")
    func bytes() {
        #expect(grid.bytes(at: 20) == ByteRange(first: 20, last: 29))
        #expect(grid.bytes(at: 20, in: 100) == ByteRange(first: 20, last: 29))
        #expect(grid.bytes(at: 20, in: 30) == ByteRange(first: 20, last: 29))
        #expect(grid.bytes(at: 20, in: 21) == ByteRange(first: 20, last: 20))
        #expect(grid.bytes(at: 20, in: 20) == nil)
        #expect(grid.bytes(at: 0, in: 0) == nil)
        #expect(grid.bytes(at: .max - 5) == nil && grid.bytes(at: .max - 5, in: .max) == nil)
    }

    private static let cuts: [(ranges: [[Int64]], starts: [Int64])] = [
        ([[0, 0]], [0]), ([[9, 10]], [0, 10]), ([[5, 34]], [0, 10, 20, 30]),
        ([[0, 1], [5, 6], [18, 21]], [0, 10, 20]), ([[20, 21], [0, 1], [29, 29]], [20, 0, 20]),
    ]

    @Test("CACHE-10: the slices of ranges, each once where it serves neighbours", arguments: cuts)
    func slices(ranges: [[Int64]], starts: [Int64]) throws {
        let ranges = try ranges.map { try #require(ByteRange(first: $0[0], last: $0[1])) }
        #expect(grid.slices(of: ranges, limit: 4) == starts)
        #expect(grid.slices(of: ranges, limit: starts.count - 1) == nil)
    }
}
