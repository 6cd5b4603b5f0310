import Glibc

/// Reads the small files of /proc.
enum ProcessFile {
    /// The bytes of a file, at most `limit`; nil when it cannot be read.
    static func read(_ path: String, limit: Int = 8_192) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        return unsafe [UInt8](unsafeUninitializedCapacity: limit) { bytes, count in
            while count < limit {
                let taken = unsafe Glibc.read(descriptor, bytes.baseAddress.map { unsafe $0 + count }, limit - count)
                if taken < 0 && errno == EINTR { continue }
                guard taken > 0 else { return }
                count += taken
            }
        }
    }

    /// The whole number at a position of a text whose words are separated by spaces.
    static func number(_ index: Int, in words: ArraySlice<UInt8>) -> UInt64? {
        let parts = words.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
        guard index < parts.count else { return nil }
        return UInt64(String(decoding: parts[index], as: UTF8.self))
    }
}
