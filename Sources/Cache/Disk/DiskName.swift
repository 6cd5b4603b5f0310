import Crypto

/// Under which name a response lies in the folder: 64 hexadecimal digits of SHA-256 over its space's identity and its
/// key, in a subfolder named by the first two of them.
struct DiskName: Equatable, Sendable {
    /// `ab/ab…`
    let path: String
    /// The digest's first byte.
    let first: UInt8

    init(_ space: SpaceIdentity, _ key: [UInt8]) {
        var hash = SHA256()
        for word in [space.high, space.low] {
            unsafe withUnsafeBytes(of: word.littleEndian) { unsafe hash.update(bufferPointer: $0) }
        }
        unsafe key.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        let digest = Array(hash.finalize())
        let hex = Self.hexadecimal(digest)
        path = Self.hexadecimal([digest[0]]) + "/" + hex
        first = digest[0]
    }

    /// The name of a file that was found; nil when no response is called so.
    init?(folder: UInt8, file: String) {
        let start = Self.hexadecimal([folder])
        guard file.utf8.count == 64, file.hasPrefix(start), file.utf8.allSatisfy(Self.digits.contains) else {
            return nil
        }
        path = start + "/" + file
        first = folder
    }

    /// The name of a subfolder.
    static func subfolder(_ first: UInt8) -> String { hexadecimal([first]) }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
