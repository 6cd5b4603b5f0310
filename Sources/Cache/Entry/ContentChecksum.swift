/// Tells whether stored bytes are the ones that were written: XXH64 with seed 0.
///
/// It guards against torn and rotten files, not against forgers. 64 bits, for a disk holds millions of records and one
/// of 32 bits would let a tear pass once in four billion; XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) needs
/// no instruction that only some processors have, as CRC32C does, and reads about as fast as memory gives.
package struct ContentChecksum: Sendable {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63,
        0x27d4_eb2f_1656_67c5
    )

    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    /// What does not fill a stripe of 32 bytes yet.
    private var rest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var total: UInt64 = 0

    package init() {
        let (first, second, _, _, _) = Self.primes
        lanes = (first &+ second, second, 0, 0 &- first)
    }

    package static func of(_ bytes: RawSpan) -> UInt64 {
        var checksum = ContentChecksum()
        checksum.update(bytes)
        return checksum.value
    }

    private var kept: Int { Int(total % 32) }

    package mutating func update(_ bytes: RawSpan) {
        var position = 0
        if kept > 0 {
            position = min(32 - kept, bytes.byteCount)
            keep(bytes.extracting(0..<position))
            guard kept == 0 else { return }
            fold(rest.0, rest.1, rest.2, rest.3)
        }
        let stripes = (bytes.byteCount - position) / 32
        var (one, two, three, four) = lanes
        for _ in 0..<stripes {
            one = Self.round(one, Self.word(bytes, position))
            two = Self.round(two, Self.word(bytes, position + 8))
            three = Self.round(three, Self.word(bytes, position + 16))
            four = Self.round(four, Self.word(bytes, position + 24))
            position += 32
        }
        lanes = (one, two, three, four)
        total &+= UInt64(stripes * 32)
        keep(bytes.extracting(position..<bytes.byteCount))
    }

    /// The checksum of all bytes so far.
    package var value: UInt64 {
        let (first, second, third, fourth, fifth) = Self.primes
        var hash = fifth
        if total >= 32 {
            hash = Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7)
            hash = hash &+ Self.rotate(lanes.2, 12) &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* first &+ fourth
            }
        }
        hash = hash &+ total
        unsafe withUnsafeBytes(of: rest) { whole in
            let bytes = unsafe RawSpan(_unsafeBytes: whole).extracting(0..<kept)
            var position = 0
            while position + 8 <= bytes.byteCount {
                hash = Self.rotate(hash ^ Self.round(0, Self.word(bytes, position)), 27) &* first &+ fourth
                position += 8
            }
            if position + 4 <= bytes.byteCount {
                let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self)
                hash = Self.rotate(hash ^ UInt64(UInt32(littleEndian: word)) &* first, 23) &* second &+ third
                position += 4
            }
            while position < bytes.byteCount {
                let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
                hash = Self.rotate(hash ^ UInt64(byte) &* fifth, 11) &* first
                position += 1
            }
        }
        hash = (hash ^ (hash >> 33)) &* second
        hash = (hash ^ (hash >> 29)) &* third
        return hash ^ (hash >> 32)
    }

    private mutating func fold(_ one: UInt64, _ two: UInt64, _ three: UInt64, _ four: UInt64) {
        lanes.0 = Self.round(lanes.0, UInt64(littleEndian: one))
        lanes.1 = Self.round(lanes.1, UInt64(littleEndian: two))
        lanes.2 = Self.round(lanes.2, UInt64(littleEndian: three))
        lanes.3 = Self.round(lanes.3, UInt64(littleEndian: four))
    }

    /// Puts bytes behind those that are kept; they fit.
    private mutating func keep(_ bytes: RawSpan) {
        let start = kept
        unsafe withUnsafeMutableBytes(of: &rest) { space in
            for index in 0..<bytes.byteCount {
                unsafe space[start + index] = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            }
        }
        total &+= UInt64(bytes.byteCount)
    }

    @inline(__always) private static func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always) private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* primes.1, 31) &* primes.0
    }

    @inline(__always) private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}
