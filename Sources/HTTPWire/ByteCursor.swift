/// Writes bytes one behind the other into memory that a buffer lends; what does not fit is left out.
///
/// One loan for a whole head instead of a check of capacity, ownership and exclusivity for each of its parts.
@safe struct ByteCursor {
    private let target: UnsafeMutableRawBufferPointer
    /// Bytes written.
    private(set) var count = 0

    @unsafe init(_ target: UnsafeMutableRawBufferPointer) { unsafe self.target = target }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        unsafe write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe write($0) }
    }

    /// Writes a number without leading zeros.
    mutating func write(decimal number: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = 20
        var rest = number
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            start &-= 1
            digits[start] = UInt8(truncatingIfNeeded: digit) &+ 0x30
            rest = quotient
        } while rest > 0
        unsafe write(digits.span.bytes.extracting(start..<20))
    }

    @inline(__always)
    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard unsafe target.count &- count >= bytes.count, let from = bytes.baseAddress,
            let to = unsafe target.baseAddress
        else { return }
        unsafe (to + count).copyMemory(from: from, byteCount: bytes.count)
        count &+= bytes.count
    }
}
