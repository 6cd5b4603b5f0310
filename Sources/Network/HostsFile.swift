import Glibc

/// Finds a name in a hosts(5) file.
///
/// c-ares could do it too, but gives such addresses a TTL of 0, which cannot be told from a record that must not be
/// cached.
package struct HostsFile: Sendable {
    /// What stands beyond this many bytes is not read.
    package static let sizeLimit = 8 << 20

    package let path: String

    package init(path: String) { self.path = path }

    /// The addresses of `name` in the file's order; none when the file cannot be read. Blocks on the disk.
    package func addresses(of name: HostName) -> [IPAddress] {
        guard let bytes = Self.readFile(path, limit: Self.sizeLimit) else { return [] }
        return Self.addresses(of: name.relative, in: bytes)
    }

    /// Searches `bytes`, lines of `address name…`, where `#` starts a comment. `name` is in lower case.
    package static func addresses(of name: String, in bytes: [UInt8]) -> [IPAddress] {
        let wanted = Array(name.utf8)
        var found: [IPAddress] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = line.prefix { $0 != UInt8(ascii: "#") }
            let words = text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
            guard let first = words.first, words.dropFirst().contains(where: { isEqual($0, wanted) }),
                let address = IPAddress(literal: String(decoding: first, as: UTF8.self)), !found.contains(address)
            else { continue }
            found.append(address)
        }
        return found
    }

    private static func isEqual(_ word: ArraySlice<UInt8>, _ lowercase: [UInt8]) -> Bool {
        word.count == lowercase.count
            && zip(word, lowercase).allSatisfy { byte, other in
                byte == other || ((0x41...0x5a).contains(byte) && byte | 0x20 == other)
            }
    }

    /// Reads a file up to `limit` bytes; nil when it cannot be read.
    static func readFile(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < limit {
            let room = min(chunk.count, limit - bytes.count)
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, room) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }
}
