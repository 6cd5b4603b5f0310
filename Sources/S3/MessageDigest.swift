import Crypto
import NIOCore

/// A SHA-256 digest, or an HMAC over SHA-256, with what signing does to one: hash it further, or write its digits.
struct MessageDigest {
    /// The 32 bytes.
    fileprivate let words: SIMD8<UInt32>

    init(_ digest: SHA256Digest) {
        // A digest is its 32 bytes and nothing else; the cast traps when sizes differ. What lends them in the library
        // is generic and not specialised here, which costs a hundred instructions each time.
        words = unsafe unsafeBitCast(digest, to: SIMD8<UInt32>.self)
    }

    init(of message: RawSpan) {
        var hash = SHA256()
        hash.update(message)
        self.init(hash.finalize())
    }

    /// Lends the 32 bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe withUnsafeBytes(of: words, body)
    }

    /// The 64 lower-case hexadecimal digits. Every nibble becomes a byte, and every byte a letter or a numeral, all at
    /// once.
    fileprivate var digits: SIMD8<UInt64> {
        var lanes = SIMD8<UInt64>(truncatingIfNeeded: words)
        lanes = (lanes | lanes &<< 16) & 0x0000_ffff_0000_ffff
        lanes = (lanes | lanes &<< 8) & 0x00ff_00ff_00ff_00ff
        lanes = (lanes &>> 4 | lanes &<< 8) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((lanes &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        return lanes &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}

extension SHA256 {
    mutating func update(_ message: RawSpan) {
        unsafe message.withUnsafeBytes { unsafe update(bufferPointer: $0) }
    }

    mutating func update(_ digest: MessageDigest) {
        unsafe digest.withBytes { unsafe update(bufferPointer: $0) }
    }
}

extension OutputRawSpan {
    /// Appends the 64 lower-case hexadecimal digits of `digest`.
    mutating func append(hexadecimal digest: MessageDigest) {
        unsafe withUnsafeBytes(of: digest.digits) { unsafe append($0) }
    }
}

extension ByteBuffer {
    /// Appends the 64 lower-case hexadecimal digits of `digest`.
    mutating func writeHexadecimal(_ digest: MessageDigest) {
        writeWithOutputRawSpan(minimumWritableBytes: 64) { $0.append(hexadecimal: digest) }
    }
}
