/// A set of ASCII characters, one bit each.
struct ByteClass: Sendable {
    /// The characters from 0x00 to 0x3f.
    let low: UInt64
    /// The characters from 0x40 to 0x7f.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let half = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && (half &>> UInt64(byte & 0x3f)) & 1 == 1
    }

    /// `tchar`: letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 §5.6.2).
    static let token = ByteClass(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
    /// `unreserved` and `sub-delims`: what a registered name holds beside percent-encoding (RFC 3986 §3.2.2).
    static let registeredName = ByteClass(low: 0x2bff_7fd2_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    /// Hexadecimal digits.
    static let hexDigit = ByteClass(low: 0x03ff_0000_0000_0000, high: 0x0000_007e_0000_007e)
}
