import Exchange
import Glibc

/// The raw pieces of a log line: appended in place, never beyond the room there is.
///
/// A line is encoded into spare capacity that holds the longest line there can be; should one not fit after all, pieces
/// are left out rather than written past the end.
extension OutputRawSpan {
    @inline(__always)
    mutating func write(_ byte: UInt8) {
        if freeCapacity > 0 { append(byte) }
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        guard count <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { bytes, initialized in
            guard let start = bytes.baseAddress else { return }
            unsafe memcpy(start + initialized, text.utf8Start, count)
            initialized += count
        }
    }

    /// `,"name":`
    @inline(__always)
    mutating func write(jsonKey name: StaticString) {
        let count = name.utf8CodeUnitCount
        guard count &+ 4 <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { bytes, initialized in
            guard let start = unsafe bytes.baseAddress.map({ unsafe $0 + initialized }) else { return }
            unsafe start.storeBytes(of: 0x2C, as: UInt8.self)
            unsafe start.storeBytes(of: 0x22, toByteOffset: 1, as: UInt8.self)
            unsafe memcpy(start + 2, name.utf8Start, count)
            unsafe start.storeBytes(of: 0x22, toByteOffset: count &+ 2, as: UInt8.self)
            unsafe start.storeBytes(of: 0x3A, toByteOffset: count &+ 3, as: UInt8.self)
            initialized &+= count &+ 4
        }
    }

    mutating func write(_ bytes: RawSpan) {
        let count = bytes.byteCount
        guard count <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { target, initialized in
            guard let start = target.baseAddress else { return }
            unsafe bytes.withUnsafeBytes { source in
                if let from = source.baseAddress { unsafe memcpy(start + initialized, from, count) }
            }
            initialized += count
        }
    }

    /// Decimal digits.
    mutating func write(decimal number: Int64) {
        if number < 0 { write(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var count = 1
        var bound: UInt64 = 10
        // ends at 10^19 at the latest, which still fits
        while rest >= bound {
            count &+= 1
            bound &*= 10
        }
        guard count <= freeCapacity else { return }
        unsafe withUnsafeMutableBytes { bytes, initialized in
            var position = initialized &+ count
            initialized = position
            repeat {
                position &-= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                unsafe bytes[position] = UInt8(truncatingIfNeeded: digit) &+ 0x30
                rest = quotient
            } while rest > 0
        }
    }

    /// The 36 characters of the id (RFC 9562 §4).
    mutating func write(_ id: RequestID) {
        guard freeCapacity >= 36 else { return }
        let dash = UInt8(ascii: "-")
        let second = hexDigits(of: UInt32(truncatingIfNeeded: id.high))
        let third = hexDigits(of: UInt32(truncatingIfNeeded: id.low >> 32))
        unsafe append(hexDigits(of: UInt32(truncatingIfNeeded: id.high >> 32)), as: UInt64.self)
        append(dash)
        unsafe append(UInt32(truncatingIfNeeded: second), as: UInt32.self)
        append(dash)
        unsafe append(UInt32(truncatingIfNeeded: second >> 32), as: UInt32.self)
        append(dash)
        unsafe append(UInt32(truncatingIfNeeded: third), as: UInt32.self)
        append(dash)
        unsafe append(UInt32(truncatingIfNeeded: third >> 32), as: UInt32.self)
        unsafe append(hexDigits(of: UInt32(truncatingIfNeeded: id.low)), as: UInt64.self)
    }

    /// Milliseconds with three decimals; less than nothing counts as nothing.
    mutating func write(milliseconds nanoseconds: Int64) {
        let microseconds = max(nanoseconds, 0) / 1_000
        write(decimal: microseconds / 1_000)
        let part = microseconds % 1_000
        guard freeCapacity >= 4 else { return }
        append(UInt8(ascii: "."))
        append(0x30 + UInt8(truncatingIfNeeded: part / 100))
        append(0x30 + UInt8(truncatingIfNeeded: part / 10 % 10))
        append(0x30 + UInt8(truncatingIfNeeded: part % 10))
    }
}

/// The eight digits of a number, the first one in the lowest byte: every nibble becomes a byte, and every byte a letter
/// or a numeral, all at once.
private func hexDigits(of number: UInt32) -> UInt64 {
    var lanes = UInt64(number.byteSwapped)
    lanes = (lanes | lanes << 16) & 0x0000_FFFF_0000_FFFF
    lanes = (lanes | lanes << 8) & 0x00FF_00FF_00FF_00FF
    lanes = (lanes >> 4 | lanes << 8) & 0x0F0F_0F0F_0F0F_0F0F
    let letters = ((lanes &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (lanes &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).littleEndian
}
