import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Network
import Synchronization

/// A response that is written to the disk tier piece by piece, while others read what is written already.
///
/// One caller appends, and waits for each piece: a slow disk slows it down. What is neither committed nor abandoned is
/// abandoned with the last reference. Readers who hold it read on, whatever becomes of the file.
package final class DiskWriter: StoredFile {
    private struct Progress {
        var checksum = ContentChecksum()
        /// Bytes set apart for head and body.
        var reserved: Int64
        /// The file is neither committed nor abandoned.
        var isOpen = true
    }

    /// How much room is taken at a time when the length is not known.
    private static let stride: Int64 = 1 << 20

    private let tier: DiskTier
    private let key: CacheKey
    private let ticket: PurgeLedger.Ticket
    private let head: StoredHead
    private let headLength: Int
    private let expectedLength: Int64?
    private let temporary: TemporaryFile
    private let file: DiskFile
    private let written = Atomic<Int64>(0)
    private let progress: NIOLockedValueBox<Progress>

    fileprivate init(
        _ tier: DiskTier, _ head: StoredHead, _ key: CacheKey, _ ticket: PurgeLedger.Ticket, headLength: Int,
        expectedLength: Int64?, reserved: Int64, _ temporary: TemporaryFile
    ) {
        self.tier = tier
        self.key = key
        self.ticket = ticket
        self.head = head
        self.headLength = headLength
        self.expectedLength = expectedLength
        self.temporary = temporary
        file = DiskFile(
            temporary.descriptor, start: Int64(headLength), length: .max, tier.pool, tier.cachedReads
        ) { [tier] failure in tier.readFailed(failure, key) }
        progress = NIOLockedValueBox(Progress(reserved: reserved))
    }

    deinit { abandon() }

    /// How many bytes of the body can be read now. It grows on a thread of the pool, before `append` returns.
    package var writtenLength: Int64 { written.load(ordering: .acquiring) }

    /// Writes what follows. A failure has abandoned the file.
    package func append(_ bytes: ByteBuffer) async throws(StoredFileFailure) {
        let result = await tier.owed { [self] in write(bytes) }
        try (result ?? .failure(.overloaded)).get()
    }

    private func write(_ bytes: ByteBuffer) -> Result<Void, StoredFileFailure> {
        let start = writtenLength
        let end = start + Int64(bytes.readableBytes)
        guard end <= expectedLength ?? .max else { return failed(.system(EFBIG)) }
        guard makeRoom(until: end) else { return failed(.system(ENOSPC)) }
        do throws(DiskFailure) { try temporary.descriptor.write(bytes, at: Int64(headLength) + start) } catch {
            tier.writingFailed(error)
            return failed(.system(error.code))
        }
        let isOpen = progress.withLockedValue { progress in
            progress.checksum.update(bytes.readableBytesSpan)
            return progress.isOpen
        }
        guard isOpen else { return .failure(.system(ECANCELED)) }
        written.store(end, ordering: .releasing)
        return .success(())
    }

    private func failed(_ failure: StoredFileFailure) -> Result<Void, StoredFileFailure> {
        abandon()
        return .failure(failure)
    }

    /// Sets more room apart where the length was not known.
    private func makeRoom(until end: Int64) -> Bool {
        let needed = DiskTierSettings.blocks(Int64(headLength) + end)
        let (isOpen, reserved) = progress.withLockedValue { ($0.isOpen, $0.reserved) }
        guard isOpen else { return false }
        guard needed > reserved else { return true }
        let more = max(needed - reserved, Self.stride)
        guard tier.reserve(more, temporary.folder, temporary.epoch) else { return false }
        let isTaken = progress.withLockedValue { progress in
            if progress.isOpen { progress.reserved += more }
            return progress.isOpen
        }
        if !isTaken { tier.release(more, temporary.epoch) }
        return isTaken
    }

    /// Stores the response when its body is as long as the head says, and no purge covers it. The head may be another
    /// one than that at the beginning, if it is not much longer.
    package func commit(_ finalHead: StoredHead? = nil) async -> Bool {
        await tier.owed { [self] in finish(finalHead) } ?? false
    }

    private func finish(_ finalHead: StoredHead?) -> Bool {
        let length = writtenLength
        var head = finalHead ?? head
        if finalHead == nil, expectedLength == nil {
            if head.completeLength == head.length { head.completeLength = length }
            head.length = length
        }
        let end = progress.withLockedValue { progress -> (UInt64, Int64)? in
            guard progress.isOpen else { return nil }
            progress.isOpen = false
            return (progress.checksum.value, progress.reserved)
        }
        guard let (checksum, reserved) = end else { return false }
        guard head.length == length, length == expectedLength ?? length,
            let identity = tier.spaces.identity(of: key.space),
            let bytes = EntryRecord(space: identity, key: key.bytes, head: head, bodyChecksum: checksum)
                .encoded(in: headLength)
        else {
            tier.abandon(temporary, reserved)
            return false
        }
        do throws(DiskFailure) { try temporary.descriptor.write(bytes, at: 0) } catch {
            tier.abandon(temporary, reserved)
            tier.writingFailed(error)
            return false
        }
        let size = DiskTierSettings.blocks(Int64(headLength) + length)
        tier.release(reserved - size, temporary.epoch)
        let body = DiskFile(
            temporary.descriptor, start: Int64(headLength), length: length, tier.pool, tier.cachedReads
        ) { [tier, key] failure in tier.readFailed(failure, key) }
        return tier.publish(
            temporary, size, DiskName(identity, key.bytes), key, ticket, StoredResponse(head, .file(body)))
    }

    /// Removes the file; nothing is stored.
    package func abandon() {
        let reserved = progress.withLockedValue { progress -> Int64? in
            defer { progress.isOpen = false }
            return progress.isOpen ? progress.reserved : nil
        }
        guard let reserved else { return }
        tier.pool.owe { [tier, temporary] in tier.abandon(temporary, reserved) }
    }

    // MARK: readers

    package var length: Int64 { writtenLength }

    package func readAtOnce(at offset: Int64, limit: Int) -> ByteBuffer? {
        file.readAtOnce(at: offset, limit: limit, below: writtenLength)
    }

    package func read(
        at offset: Int64, limit: Int, on loop: LoopContext
    ) async throws(StoredFileFailure) -> ByteBuffer {
        try await file.read(at: offset, limit: limit, below: writtenLength)
    }

    package func withDescriptor(_ use: (_ descriptor: Int32, _ start: Int64) -> Int) -> Int {
        file.withDescriptor(use)
    }

    package func isResident(_ range: Range<Int64>) -> Bool { file.isResident(range, below: writtenLength) }

    package func makeResident(_ range: Range<Int64>, on loop: LoopContext) async throws(StoredFileFailure) {
        try await file.makeResident(range, below: writtenLength)
    }
}

extension DiskTier {
    /// Begins to write a response whose body comes piece by piece. Room is made for all of it where its length is
    /// known. Nil when there is none, or nothing can be written.
    package func beginWriting(
        _ head: StoredHead, _ key: CacheKey, _ ticket: PurgeLedger.Ticket, expectedLength: Int64?, on loop: LoopContext
    ) async -> DiskWriter? {
        guard takes(length: expectedLength ?? 0), mayWrite(loop.moment),
            let identity = spaces.identity(of: key.space)
        else { return nil }
        let headLength = EntryRecord(space: identity, key: key.bytes, head: head, bodyChecksum: 0).roomyLength
        guard headLength <= EntryRecord.longest else { return nil }
        let reserved = DiskTierSettings.blocks(Int64(headLength) + (expectedLength ?? 0))
        let temporary = await owed { [self] in begin(reserved) } ?? nil
        return temporary.map {
            DiskWriter(
                self, head, key, ticket, headLength: headLength, expectedLength: expectedLength, reserved: reserved, $0)
        }
    }
}
