import Exchange

/// `HTTP/1.x` (RFC 9112 §2.3).
enum Version {
    static let length = 8
    /// `HTTP/1.1` as a word.
    private static let oneDotOne: UInt64 = 0x312e_312f_5054_5448

    /// The minor version at `start`; 1 also for a greater one (RFC 9110 §2.5); nil while the name is not complete.
    @inline(__always)
    static func read(_ bytes: RawSpan, from start: Int) throws(WireFailure) -> UInt8? {
        if start &+ length <= bytes.byteCount, bytes.word(at: start) == oneDotOne { return 1 }
        return try readSlowly(bytes, from: start)
    }

    private static func readSlowly(_ bytes: RawSpan, from start: Int) throws(WireFailure) -> UInt8? {
        let available = bytes.extracting(min(start, bytes.byteCount)..<min(start &+ length, bytes.byteCount))
        for at in 0..<available.byteCount where !isLegal(available.byte(at: at), at: at) {
            throw .malformed(.badVersion)
        }
        guard available.byteCount == length else { return nil }
        guard available.byte(at: 5) == UInt8(ascii: "1") else { throw .versionNotSupported }
        return min(available.byte(at: 7) &- 0x30, 1)
    }

    private static func isLegal(_ byte: UInt8, at position: Int) -> Bool {
        switch position {
        case 0: byte == UInt8(ascii: "H")
        case 1, 2: byte == UInt8(ascii: "T")
        case 3: byte == UInt8(ascii: "P")
        case 4: byte == UInt8(ascii: "/")
        case 6: byte == UInt8(ascii: ".")
        default: (0x30...0x39).contains(byte)
        }
    }
}
