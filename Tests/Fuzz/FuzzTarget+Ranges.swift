import HTTPSemantics
import NIOCore

extension FuzzTarget {
    /// Range and Content-Range fields, and what they mean for an object.
    ///
    /// The first byte is the limit and how many bits of the next eight bytes, the object's length, are zero.
    static let ranges = FuzzTarget(name: "ranges") { input in
        var bytes = input
        guard let choice = bytes.readInteger(as: UInt8.self), let word = bytes.readInteger(as: UInt64.self) else {
            return
        }
        let length = min(Int64(word >> max(1, UInt64(choice & 63))), .max - 1)
        let field = [UInt8](bytes.readableBytesView)
        checkContentRange(field)
        let limit = Int(choice >> 6) * 3 + 1
        guard let specs = ByteRange.parse(field.span, limit: limit) else { return }
        precondition(!specs.isEmpty && specs.count <= limit, "no ranges, or more than allowed")
        let text = Array("bytes=\(specs.map(text).joined(separator: ", "))".utf8)
        precondition(ByteRange.parse(text.span, limit: specs.count) == specs, "reads as other ranges")
        precondition(ByteRange.parse(text.span, limit: specs.count - 1) == nil, "the limit does not hold")
        for length in [length, length % 64] {
            let single = specs.compactMap { $0.resolved(length: length) }
            switch ByteRange.resolve(specs, length: length) {
            case .unsatisfiable: precondition(single.isEmpty, "a range within the object is refused")
            case .satisfiable(let ranges): check(ranges, of: single, length)
            }
        }
    }

    private static func text(_ spec: ByteRange.Spec) -> String {
        switch spec {
        case .bounded(let first, let last):
            precondition(0 <= first && first <= last, "a range that runs backwards")
            return "\(first)-\(last)"
        case .from(let first):
            precondition(first >= 0, "a negative position")
            return "\(first)-"
        case .suffix(let count):
            precondition(count >= 0, "a negative count")
            return "-\(count)"
        }
    }

    /// Ranges that are sent lie in the object, apart from each other, and hold the bytes of each one asked for.
    private static func check(_ ranges: [ByteRange], of single: [ByteRange], _ length: Int64) {
        precondition(!ranges.isEmpty && ranges.count <= single.count, "no range, or more than asked for")
        for range in ranges {
            precondition(0 <= range.first && range.first <= range.last && range.last < length, "outside of the object")
            precondition(range.count == range.last - range.first + 1, "another count")
            precondition(single.contains { $0.first == range.first }, "begins where none was asked to")
            precondition(single.contains { $0.last == range.last }, "ends where none was asked to")
            checkWriting(.part(range, complete: length))
            checkWriting(.part(range, complete: nil))
        }
        checkWriting(.unsatisfied(complete: length))
        for range in single {
            let isHeld = ranges.contains { $0.first <= range.first && range.last <= $0.last }
            precondition(isHeld, "bytes that were asked for are missing")
        }
        let isSorted = zip(ranges, ranges.dropFirst()).allSatisfy { $0.last + 1 < $1.first }
        precondition(areApart(ranges), "ranges that overlap or touch")
        precondition(areApart(single) ? ranges == single : isSorted, "another order")
        if length < 64 { precondition(bits(of: ranges) == bits(of: single), "other bytes than asked for") }
        checkMultipart(ranges, length)
    }

    private static func areApart(_ ranges: [ByteRange]) -> Bool {
        let sorted = ranges.sorted { $0.first < $1.first }
        return zip(sorted, sorted.dropFirst()).allSatisfy { $0.last + 1 < $1.first }
    }

    private static func bits(of ranges: [ByteRange]) -> UInt64 {
        ranges.reduce(0) { bits, range in (range.first...range.last).reduce(bits) { $0 | 1 << UInt64($1) } }
    }

    /// The length that is announced is the length of the frame and of all parts.
    private static func checkMultipart(_ ranges: [ByteRange], _ length: Int64) {
        let body = MultipartRanges(
            boundary: Array("b".utf8), contentType: Array("text/plain".utf8), ranges: ranges, complete: length)
        let frame = ranges.indices.map { body.partHeader($0).count }.reduce(body.closing.count, +)
        let content = ranges.reduce(Int64(0)) { $0 + $1.count }
        let (sum, isBeyond) = content.addingReportingOverflow(Int64(frame))
        precondition(body.length == (isBeyond ? nil : sum), "another length")
        for (index, range) in ranges.enumerated() {
            let header = String(decoding: body.partHeader(index), as: UTF8.self)
            let value = header.split(separator: "\r\n").last?.split(separator: ": ").last ?? ""
            let found = ContentRange(Array(value.utf8).span)
            precondition(found == .part(range, complete: length), "another part is announced")
        }
    }

    /// What a Content-Range field says does not contradict itself, and writing it says the same.
    private static func checkContentRange(_ field: [UInt8]) {
        guard let found = ContentRange(field.span) else { return }
        switch found {
        case .unsatisfied(let complete): precondition(complete >= 0, "a negative length")
        case .part(let range, let complete):
            precondition(0 <= range.first && range.first <= range.last, "a range that runs backwards")
            if let complete { precondition(range.last < complete, "a range outside of its object") }
        }
        checkWriting(found)
    }

    private static func checkWriting(_ value: ContentRange) {
        var text: [UInt8] = []
        value.write(to: &text)
        precondition(text.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "a byte that is no text")
        precondition(ContentRange(text.span) == value, "reads as another range")
    }
}
