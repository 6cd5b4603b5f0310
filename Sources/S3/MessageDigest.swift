import Crypto
import NIOCore

/// A SHA-256 digest, or an HMAC over SHA-256, with what signing does to one: hash it further, or write its digits.
struct MessageDigest {
    private let digest: SHA256Digest

    init(_ digest: SHA256Digest) {
        self.digest = digest
    }

    init(of message: Span<UInt8>) {
        var hash = SHA256()
        hash.update(message)
        digest = hash.finalize()
    }

    /// Lends the 32 bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe digest.withUnsafeBytes(body)
    }

    /// The 64 lower-case hexadecimal digits.
    var hex: InlineArray<64, UInt8> {
        var out: InlineArray<64, UInt8> = .init(repeating: 0)
        unsafe withBytes { bytes in
            for index in 0..<min(32, bytes.count) {
                let byte = unsafe bytes[index]
                out[2 * index] = (byte >> 4).lowerDigit
                out[2 * index + 1] = (byte & 15).lowerDigit
            }
        }
        return out
    }
}

extension SHA256 {
    mutating func update(_ message: Span<UInt8>) {
        unsafe message.withUnsafeBytes { unsafe update(bufferPointer: $0) }
    }

    mutating func update(_ digest: MessageDigest) {
        unsafe digest.withBytes { unsafe update(bufferPointer: $0) }
    }
}

extension UInt8 {
    /// The character of a hexadecimal digit 0 … 15: letters lie 39 places after the one that follows `9`.
    fileprivate var lowerDigit: UInt8 { self &+ 0x30 &+ (((self &+ 6) >> 4) &* 39) }
}
