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

    /// Writes a number without leading zeros; eight bytes must be free behind its first digit.
    mutating func write(decimal number: UInt64) {
        let (high, low) = number.quotientAndRemainder(dividingBy: 100_000_000)
        let digits = Self.digits(low)
        var zeros = 0
        if high > 0 { write(decimal: high) } else { zeros = min(digits.trailingZeroBitCount &>> 3, 7) }
        guard let to = unsafe target.baseAddress, unsafe target.count &- count >= 8 else { return }
        let text = (digits | 0x3030_3030_3030_3030) &>> UInt64(8 &* zeros)
        // in bounds: the guard holds
        unsafe (to + count).storeBytes(of: text.littleEndian, as: UInt64.self)
        count &+= 8 &- zeros
    }

    /// The eight digits of a number below 10^8, the first in the lowest byte; pairs, then digits are divided at once.
    private static func digits(_ number: UInt64) -> UInt64 {
        let fours = number / 10_000 | (number % 10_000) &<< 32
        let hundreds = (fours &* 5243) &>> 19 & 0x0000_007f_0000_007f
        let pairs = hundreds | (fours &- hundreds &* 100) &<< 16
        let tens = (pairs &* 103) &>> 10 & 0x000f_000f_000f_000f
        return tens | (pairs &- tens &* 10) &<< 8
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
