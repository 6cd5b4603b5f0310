/// Writing in place: whoever appends has made room for the longest that can come.
extension OutputRawSpan {
    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    @inline(__always)
    mutating func replace(at offset: Int, with byte: UInt8) {
        var bytes = mutableBytes
        bytes.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= freeCapacity, "too little room was made")
        unsafe withUnsafeMutableBytes { target, count in
            guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
            unsafe (to + count).copyMemory(from: from, byteCount: bytes.count)
            count &+= bytes.count
        }
    }
}
