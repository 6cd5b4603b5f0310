import NIOConcurrencyHelpers
import NIOCore
import Network
import Synchronization

/// A file that is being written, and what is set apart for it.
struct TemporaryFile: Sendable {
    let descriptor: DiskDescriptor
    let path: String
    let folder: DiskFolder
    let epoch: UInt64
}

/// Writing on the pool.
extension DiskTier {
    package func store(
        _ response: StoredResponse, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async -> Bool {
        guard mayWrite(loop.moment) else { return false }
        return await owed { [self] in write(response, key, ticket) } ?? false
    }

    /// Whether writing may be tried now; brings back what failed when it is time.
    func mayWrite(_ moment: NIODeadline) -> Bool {
        let (isAllowed, isDue) = state.withLockedValue { state in
            switch state.state {
            case .starting: (false, false)
            case .off: (false, state.isDue(moment, settings.retryAfter))
            case .serving: (state.scan != .measuring, false)
            case .unwritable: (state.scan != .measuring && state.isDueNow(moment, settings.retryAfter), false)
            }
        }
        if isDue { start() }
        return isAllowed
    }

    private func write(_ response: StoredResponse, _ key: CacheKey, _ ticket: PurgeLedger.Ticket) -> Bool {
        let pieces: [ByteBuffer]
        switch response.body {
        case .none: pieces = []
        case .whole(let bytes): pieces = [bytes]
        case .chunks(let chunks): pieces = chunks
        case .file: return false
        }
        var checksum = ContentChecksum()
        for piece in pieces { checksum.update(piece.readableBytesSpan) }
        let length = pieces.reduce(0) { $0 + Int64($1.readableBytes) }
        guard length == response.head.length, let identity = spaces.identity(of: key.space) else { return false }
        let record = EntryRecord(
            space: identity, key: key.bytes, head: response.head, bodyChecksum: checksum.value)
        guard let head = record.encoded(in: record.roomyLength) else { return false }
        let size = DiskTierSettings.blocks(Int64(head.readableBytes) + length)
        guard let file = begin(size) else { return false }
        var position: Int64 = 0
        do throws(DiskFailure) {
            for piece in [head] + pieces {
                try file.descriptor.write(piece, at: position)
                position += Int64(piece.readableBytes)
            }
        } catch {
            abandon(file, size)
            writingFailed(error)
            return false
        }
        return publish(file, size, DiskName(identity, record.key), key, ticket, nil)
    }

    // MARK: the steps of every file that is written

    /// Sets `size` bytes apart and makes a temporary file.
    func begin(_ size: Int64) -> TemporaryFile? {
        guard let (folder, epoch) = current(), reserve(size, folder, epoch) else { return nil }
        do throws(DiskFailure) {
            let number = temporaries.wrappingAdd(1, ordering: .relaxed).newValue
            let (descriptor, path) = try folder.create(number)
            return TemporaryFile(
                descriptor: DiskDescriptor(descriptor, pool), path: path, folder: folder, epoch: epoch)
        } catch {
            release(size, epoch)
            writingFailed(error)
            return nil
        }
    }

    /// Sets `bytes` apart; others leave for them. False when there is no way.
    func reserve(_ bytes: Int64, _ folder: DiskFolder, _ epoch: UInt64) -> Bool {
        makingRoom.withLock {
            while true {
                let (isReserved, leavers) = state.withLockedValue { state -> (Bool, [DiskIndex.Leaver]) in
                    guard state.epoch == epoch, bytes <= settings.maxBytes else { return (false, []) }
                    if state.index.occupied + bytes <= settings.maxBytes {
                        state.index.reserved += bytes
                        return (true, [])
                    }
                    let leavers = state.index.makeRoom(for: bytes, atMost: 64)
                    for leaver in leavers { state.detach(leaver.key) }
                    return (false, leavers)
                }
                if isReserved { return true }
                guard !leavers.isEmpty else {
                    reports.event(.refused)
                    return false
                }
                for leaver in leavers {
                    unlink(leaver, folder, epoch)
                    reports.event(.evicted)
                }
            }
        }
    }

    func release(_ bytes: Int64, _ epoch: UInt64) {
        state.withLockedValue { state in
            if state.epoch == epoch { state.index.reserved -= bytes }
        }
    }

    /// Removes a temporary file and gives back what was set apart for it.
    func abandon(_ file: TemporaryFile, _ size: Int64) {
        do throws(DiskFailure) {
            try file.folder.remove(file.path)
            release(size, file.epoch)
        } catch {
            // It stays until the next start, and counts until then.
            reports.event(.failed(error))
        }
    }

    /// Gives a whole file its name and puts it into the index, unless a purge since `ticket` covers it.
    func publish(
        _ file: TemporaryFile, _ size: Int64, _ name: DiskName, _ key: CacheKey, _ ticket: PurgeLedger.Ticket,
        _ response: StoredResponse?
    ) -> Bool {
        var failure: DiskFailure?
        var collided: DiskIndex.Leaver?
        let isStored = exclusively(name) {
            let (isAdmitted, mayReplace) = state.withLockedValue { state in
                let isAdmitted = state.epoch == file.epoch && ledger.admits(key, ticket)
                return (isAdmitted, state.scan != .done && !state.index.holds(key))
            }
            guard isAdmitted else { return false }
            let replaced = mayReplace ? file.folder.size(of: name.path) : nil
            do throws(DiskFailure) { try file.folder.publish(file.path, as: name) } catch {
                failure = error
                return false
            }
            if let replaced { count(unindexed: -replaced, file.epoch) }
            let isIndexed = state.withLockedValue { state in
                state.detach(key)
                guard state.epoch == file.epoch, ledger.admits(key, ticket) else {
                    if let slot = state.index.slot(of: key) { state.index.drop(slot) }
                    return false
                }
                state.index.reserved -= size
                collided = state.index.insert(key, size: size, isVerified: true, response)
                return true
            }
            if !isIndexed { _ = try? file.folder.remove(name) }
            return isIndexed
        }
        if let collided { unlink(collided, file.folder, file.epoch) }
        if isStored { written() } else { abandon(file, size) }
        if let failure { writingFailed(failure) }
        return isStored
    }

    // MARK: renewing

    /// Writes the new head over the old one. When it finds no room there, the response is dropped.
    package func freshen(
        _ head: StoredHead, for key: CacheKey, _ ticket: PurgeLedger.Ticket, on loop: LoopContext
    ) async {
        _ = await owed { [self] in renew(head, key, ticket) }
    }

    private func renew(_ head: StoredHead, _ key: CacheKey, _ ticket: PurgeLedger.Ticket) {
        guard let (folder, epoch) = current(), let name = name(of: key) else { return }
        let isUseless = exclusively(name) { () -> Bool in
            let isKnown = state.withLockedValue { state in
                state.epoch == epoch && state.index.holds(key) && ledger.admits(key, ticket)
            }
            guard isKnown else { return false }
            do throws(OpenFailure) {
                let old = try openRecord(name, folder, isWritable: true)
                guard head.hasSameBody(as: old.record.head) else { return false }
                var record = old.record
                record.head = head
                guard let bytes = record.encoded(in: old.headLength) else { return true }
                do throws(DiskFailure) { try old.descriptor.write(bytes, at: 0) } catch { throw .failed(error) }
            } catch {
                if case .failed(let failure) = error { reports.event(.failed(failure)) }
                // Where nothing can be written, the old head stays.
                if case .failed(.readOnly) = error { return false }
                return true
            }
            state.withLockedValue { state in
                state.detach(key)
                guard let slot = state.index.slot(of: key), let old = state.index.slots[slot].response else { return }
                state.index.slots[slot].response = StoredResponse(head, old.body)
            }
            return false
        }
        if isUseless { forget(key) }
    }
}
