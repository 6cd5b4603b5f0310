import Exchange

/// The raw pieces of a log line: appended in place, never beyond the room there is.
///
/// A line is encoded into spare capacity that holds the longest line there can be; should one not fit after all, pieces
/// are left out rather than written past the end. What a caller gives as a literal is stored without a loop, because
/// these are inlined.
extension OutputRawSpan {
    @inline(__always)
    mutating func write(_ byte: UInt8) {
        if freeCapacity > 0 { append(byte) }
    }

    @inline(__always)
    mutating func write(_ text: StaticString) { write("", text, "") }

    /// One text in three parts.
    @inline(__always)
    mutating func write(_ head: StaticString, _ middle: StaticString, _ tail: StaticString) {
        let count = head.utf8CodeUnitCount &+ middle.utf8CodeUnitCount &+ tail.utf8CodeUnitCount
        guard count <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { target, initialized in
            guard var place = unsafe target.baseAddress.map({ unsafe $0 + initialized }) else { return }
            unsafe place.copyMemory(from: head.utf8Start, byteCount: head.utf8CodeUnitCount)
            unsafe place += head.utf8CodeUnitCount
            unsafe place.copyMemory(from: middle.utf8Start, byteCount: middle.utf8CodeUnitCount)
            unsafe place += middle.utf8CodeUnitCount
            unsafe place.copyMemory(from: tail.utf8Start, byteCount: tail.utf8CodeUnitCount)
            initialized &+= count
        }
    }

    @inline(__always)
    mutating func write(_ bytes: RawSpan) {
        let count = bytes.byteCount
        guard count <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { target, initialized in
            guard let start = target.baseAddress else { return }
            unsafe bytes.withUnsafeBytes { source in
                guard let from = source.baseAddress else { return }
                unsafe (start + initialized).copyMemory(from: from, byteCount: count)
            }
            initialized &+= count
        }
    }

    /// Decimal digits.
    mutating func write(decimal number: Int64) {
        guard freeCapacity >= 20 else { return }
        if number < 0 { append(UInt8(ascii: "-")) }
        write(digitsOf: number.magnitude)
    }

    /// Without leading zeros; there must be room.
    private mutating func write(digitsOf number: UInt64) {
        guard number < 100_000_000 else { return write(manyDigitsOf: number) }
        let digits = DecimalDigits(number)
        append(digits.text &>> UInt64(digits.leadingZeros &* 8), count: 8 &- digits.leadingZeros)
    }

    @inline(never)
    private mutating func write(manyDigitsOf number: UInt64) {
        write(digitsOf: number / 100_000_000)
        append(DecimalDigits(number % 100_000_000).text, count: 8)
    }

    /// The lowest bytes of a word, the lowest one first; there must be room for eight.
    @inline(__always)
    private mutating func append(_ word: UInt64, count: Int) {
        unsafe withUnsafeMutableBytes { target, initialized in
            unsafe target.storeBytes(of: word.littleEndian, toByteOffset: initialized, as: UInt64.self)
            initialized &+= count
        }
    }

    /// The 36 characters of the id.
    mutating func write(_ id: RequestID) {
        let text = id.text
        unsafe write(text.span.bytes)
    }

    /// Milliseconds with three decimals; less than nothing counts as nothing.
    mutating func write(milliseconds nanoseconds: Int64) {
        let microseconds = UInt64(max(nanoseconds, 0)) / 1_000
        guard freeCapacity >= 24 else { return }
        guard microseconds < 100_000_000 else {
            write(digitsOf: microseconds / 1_000)
            return write(thousandths: microseconds % 1_000)
        }
        let digits = DecimalDigits(microseconds)
        let zeros = min(digits.leadingZeros, 4)
        append(digits.text &>> UInt64(zeros &* 8), count: 5 &- zeros)
        append(digits.decimals, count: 4)
    }

    /// A point and three decimals.
    @inline(__always)
    mutating func write(thousandths: UInt64) {
        guard freeCapacity >= 8 else { return }
        append(DecimalDigits(thousandths).decimals, count: 4)
    }
}

/// The eight digits of a number below 100,000,000, all made at once: halves, quarters and eighths of a word.
private struct DecimalDigits {
    private let lanes: UInt64

    @inline(__always)
    init(_ number: UInt64) {
        let fours = (number / 10_000) | (number % 10_000) &<< 32
        // a division by 100, and then by 10, in each lane; exact for all that a lane can hold
        let hundreds = ((fours &* 10_486) &>> 20) & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- hundreds &* 100) &<< 16
        let tens = ((twos &* 103) &>> 10) & 0x000F_000F_000F_000F
        lanes = tens | (twos &- tens &* 10) &<< 8
    }

    /// The first digit in the lowest byte.
    @inline(__always)
    var text: UInt64 { lanes | 0x3030_3030_3030_3030 }

    /// A point and the last three digits.
    @inline(__always)
    var decimals: UInt64 { (text &>> 40) &<< 8 | UInt64(UInt8(ascii: ".")) }

    /// How many zeros the number itself does not need.
    @inline(__always)
    var leadingZeros: Int { min(lanes.trailingZeroBitCount / 8, 7) }
}
