/// The frame of a multipart/byteranges body (RFC 9110 §14.6): what stands before, between and after the parts.
///
/// For each index: `partHeader(index)`, then the bytes of `ranges[index]`; at the end `closing`.
package struct MultipartRanges: Sendable {
    package let ranges: [ByteRange]
    private let boundary: [UInt8]
    private let contentType: [UInt8]
    private let complete: Int64

    /// - Parameters:
    ///   - boundary: 1 … 70 letters, digits and dashes that occur in no part: a random id.
    ///   - contentType: the representation's own type; empty when it has none.
    ///   - complete: the length of the whole representation in bytes.
    package init(boundary: [UInt8], contentType: [UInt8], ranges: [ByteRange], complete: Int64) {
        self.boundary = boundary
        self.contentType = contentType
        self.ranges = ranges
        self.complete = complete
    }

    /// The value of the answer's own Content-Type field.
    package var contentTypeValue: [UInt8] {
        var out: [UInt8] = []
        out.append("multipart/byteranges; boundary=")
        out += boundary
        return out
    }

    /// Delimiter and header of one part; empty for an index that is none.
    package func partHeader(_ index: Int) -> [UInt8] {
        guard ranges.indices.contains(index) else { return [] }
        var out: [UInt8] = []
        out.append(index == 0 ? "--" : "\r\n--")
        out += boundary
        out.append("\r\n")
        if !contentType.isEmpty {
            out.append("Content-Type: ")
            out += contentType
            out.append("\r\n")
        }
        out.append("Content-Range: ")
        ContentRange.part(ranges[index], complete: complete).write(to: &out)
        out.append("\r\n\r\n")
        return out
    }

    package var closing: [UInt8] {
        var out: [UInt8] = []
        out.append("\r\n--")
        out += boundary
        out.append("--\r\n")
        return out
    }

    /// The length of the whole body, for Content-Length; nil when it is beyond `Int64`.
    package var length: Int64? {
        var sum = Int64(closing.count)
        for index in ranges.indices {
            let (withHeader, isBeyond) = sum.addingReportingOverflow(Int64(partHeader(index).count))
            let (withPart, isBeyondToo) = withHeader.addingReportingOverflow(ranges[index].count)
            if isBeyond || isBeyondToo { return nil }
            sum = withPart
        }
        return sum
    }
}
