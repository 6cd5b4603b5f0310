import CLinux
import Glibc
import NIOCore
import Network
import Synchronization

/// A stored body in a file of the disk tier: readable as long as somebody holds it, removed or not.
package final class DiskFile: StoredFile {
    /// Whether file systems here can tell what is in memory: asked until one says no.
    final class CachedReads: Sendable {
        private let isRefused = Atomic(false)

        var arePossible: Bool { !isRefused.load(ordering: .relaxed) }

        func giveUp() { isRefused.store(true, ordering: .relaxed) }
    }

    private static let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))

    package let length: Int64
    let descriptor: DiskDescriptor
    /// Where the body begins in the file.
    let start: Int64
    private let pool: DiskPool
    private let cachedReads: CachedReads
    private let onFailure: @Sendable (StoredFileFailure) -> Void

    init(
        _ descriptor: DiskDescriptor, start: Int64, length: Int64, _ pool: DiskPool, _ cachedReads: CachedReads,
        onFailure: @escaping @Sendable (StoredFileFailure) -> Void
    ) {
        self.descriptor = descriptor
        self.start = start
        self.length = length
        self.pool = pool
        self.cachedReads = cachedReads
        self.onFailure = onFailure
    }

    package func readAtOnce(at offset: Int64, limit: Int) -> ByteBuffer? {
        readAtOnce(at: offset, limit: limit, below: length)
    }

    package func read(
        at offset: Int64, limit: Int, on loop: LoopContext
    ) async throws(StoredFileFailure) -> ByteBuffer {
        try await read(at: offset, limit: limit, below: length)
    }

    package func withDescriptor(_ use: (_ descriptor: Int32, _ start: Int64) -> Int) -> Int {
        use(descriptor.number, start)
    }

    package func isResident(_ range: Range<Int64>) -> Bool { isResident(range, below: length) }

    package func makeResident(_ range: Range<Int64>, on loop: LoopContext) async throws(StoredFileFailure) {
        try await makeResident(range, below: length)
    }

    func readAtOnce(at offset: Int64, limit: Int, below end: Int64) -> ByteBuffer? {
        let count = Int(min(Int64(limit), end - offset))
        guard count > 0, offset >= 0, cachedReads.arePossible else { return nil }
        do throws(StoredFileFailure) {
            let bytes = try descriptor.readSome(count, at: start + offset, ifCached: true)
            return bytes.readableBytes > 0 ? bytes : nil
        } catch {
            if error == .system(EOPNOTSUPP) || error == .system(ENOSYS) { cachedReads.giveUp() }
            return nil
        }
    }

    func read(at offset: Int64, limit: Int, below end: Int64) async throws(StoredFileFailure) -> ByteBuffer {
        let count = Int(min(Int64(limit), end - offset))
        guard count > 0, offset >= 0 else { throw .truncated }
        return try await onPool { [self] () throws(StoredFileFailure) in
            let bytes = try descriptor.readSome(count, at: start + offset)
            guard bytes.readableBytes > 0 else { throw .truncated }
            return bytes
        }
    }

    /// Pages count as soon as they are being read; the last byte tells that this has ended.
    func isResident(_ range: Range<Int64>, below end: Int64) -> Bool {
        let range = range.clamped(to: 0..<end)
        guard !range.isEmpty else { return true }
        let first = start + range.lowerBound
        let last = start + range.upperBound - 1
        let pages = last / Self.pageSize - first / Self.pageSize + 1
        let cached = cached_pages(descriptor.number, UInt64(first), UInt64(last - first + 1))
        guard Int64(cached) == pages else { return false }
        return readAtOnce(at: range.upperBound - 1, limit: 1, below: end) != nil
    }

    func makeResident(_ range: Range<Int64>, below end: Int64) async throws(StoredFileFailure) {
        let range = range.clamped(to: 0..<end)
        guard !range.isEmpty else { return }
        try await onPool { [self] () throws(StoredFileFailure) in
            try descriptor.walk((start + range.lowerBound)..<(start + range.upperBound)) { _ in }
        }
    }

    private func onPool<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoredFileFailure) -> Value
    ) async throws(StoredFileFailure) -> Value {
        let result = await pool.run { [onFailure] () -> Result<Value, StoredFileFailure> in
            do throws(StoredFileFailure) { return .success(try work()) } catch {
                onFailure(error)
                return .failure(error)
            }
        }
        guard let result else { throw .overloaded }
        return try result.get()
    }
}
