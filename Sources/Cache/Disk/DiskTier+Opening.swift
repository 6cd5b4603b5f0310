import Exchange
import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// A file that begins with a record which belongs there.
struct OpenRecord {
    let descriptor: DiskDescriptor
    let record: EntryRecord
    /// Where its body begins.
    let headLength: Int
    /// What it takes.
    let size: Int64

    var body: Range<Int64> { Int64(headLength)..<(Int64(headLength) + record.head.length) }

    /// Reads the whole body and compares it with its checksum.
    func isWhole() throws(StoredFileFailure) -> Bool {
        var checksum = ContentChecksum()
        try descriptor.walk(body) { checksum.update($0) }
        return checksum.value == record.bodyChecksum
    }
}

/// Why there is no record.
enum OpenFailure: Error {
    case absent
    case failed(DiskFailure)
    case unusable(DiskEvent.Removal)
}

/// Opening files on the pool.
extension DiskTier {
    /// Opens the file of that name and reads its head. Call `exclusively`.
    func openRecord(
        _ name: DiskName, _ folder: DiskFolder, isWritable: Bool = false
    ) throws(OpenFailure) -> OpenRecord {
        let descriptor: DiskDescriptor
        do throws(DiskFailure) {
            descriptor = DiskDescriptor(try folder.open(name, isWritable: isWritable), pool)
        } catch {
            switch error {
            case .missing: throw .absent
            // A symbolic link, a socket, and a folder that was to be written to.
            case .system(ELOOP), .system(ENXIO), .system(EISDIR): throw .unusable(.foreign)
            case .taken, .denied, .readOnly, .full, .descriptors, .device, .system: throw .failed(error)
            }
        }
        guard let length = descriptor.length() else { throw .unusable(.foreign) }
        let (record, headLength) = try head(of: descriptor, length)
        guard length == Int64(headLength) + record.head.length else { throw .unusable(.torn) }
        guard DiskName(record.space, record.key) == name else { throw .unusable(.foreign) }
        return OpenRecord(
            descriptor: descriptor, record: record, headLength: headLength, size: DiskTierSettings.blocks(length))
    }

    private func head(of descriptor: DiskDescriptor, _ length: Int64) throws(OpenFailure) -> (EntryRecord, Int) {
        let failure: EntryRecordFailure
        do throws(StoredFileFailure) {
            var bytes = try descriptor.readSome(Int(min(max(1, length), 4096)), at: 0)
            do throws(EntryRecordFailure) {
                let headLength = try EntryRecord.length(bytes.readableBytesSpan)
                if headLength > bytes.readableBytes { bytes = try readHead(descriptor, headLength) }
                return (try EntryRecord(bytes.readableBytesSpan), headLength)
            } catch { failure = error }
        } catch {
            guard case .system(let code) = error else { throw .unusable(.torn) }
            throw .failed(DiskFailure(errno: code))
        }
        switch failure {
        case .short, .damaged, .contradictory: throw .unusable(.torn)
        case .foreign, .otherVersion: throw .unusable(.foreign)
        }
    }

    /// A head that is longer than the first read. What cannot be read is short: the next look at it tells why.
    private func readHead(_ descriptor: DiskDescriptor, _ length: Int) throws(EntryRecordFailure) -> ByteBuffer {
        do throws(StoredFileFailure) { return try descriptor.readAll(length, at: 0) } catch { throw .short }
    }

    /// Opens the file of `key` for all who wait for it. The body of a file that an earlier process wrote is read to
    /// its end before anybody gets it: a torn one is a miss, and the bytes are in memory when they are sent.
    func open(_ key: CacheKey) {
        guard let (folder, epoch) = current(), let name = name(of: key) else { return settle(key, nil) }
        do throws(OpenFailure) {
            let (isKnownWhole, opened) = exclusively(name) {
                (isVerified(key), Result { () throws(OpenFailure) in try openRecord(name, folder) })
            }
            let found = try opened.get()
            if !isKnownWhole { try verify(found) }
            settle(key, (found, epoch))
        } catch {
            settleFailure(error, key, name, folder)
        }
    }

    private func isVerified(_ key: CacheKey) -> Bool {
        state.withLockedValue { state in
            state.index.slot(of: key).map { state.index.slots[$0].isVerified } ?? false
        }
    }

    private func verify(_ found: OpenRecord) throws(OpenFailure) {
        do throws(StoredFileFailure) {
            guard try found.isWhole() else { throw StoredFileFailure.truncated }
        } catch {
            guard case .system(let code) = error else { throw .unusable(.torn) }
            throw .failed(DiskFailure(errno: code))
        }
    }

    /// Gives what was found to all who wait, and keeps it open. An opened file that the scan has not come to is
    /// indexed here.
    func settle(_ key: CacheKey, _ found: (record: OpenRecord, epoch: UInt64)?) {
        let response = found.map { StoredResponse($0.record.record.head, .file(file($0.record, key))) }
        let (waiters, result) = state.withLockedValue { state -> ([Suspension<StoredResponse?>], StoredResponse?) in
            guard let opening = state.openings.removeValue(forKey: key.hash) else { return ([], nil) }
            guard let found, let response, !opening.isStale, found.epoch == state.epoch else {
                return (opening.waiters, nil)
            }
            if opening.isDetached { return (opening.waiters, response) }
            if let slot = state.index.slot(of: key) {
                state.index.slots[slot].isVerified = true
                state.index.open(slot, response)
            } else {
                guard state.adopts(key) else { return (opening.waiters, nil) }
                state.index.unindexed -= found.record.size
                _ = state.index.insert(key, size: found.record.size, isVerified: true, response)
            }
            return (opening.waiters, response)
        }
        for waiter in waiters { waiter.resume(result) }
    }

    private func settleFailure(_ failure: OpenFailure, _ key: CacheKey, _ name: DiskName, _ folder: DiskFolder) {
        switch failure {
        case .absent: withdraw(key, name, folder)
        case .unusable(let reason): if withdraw(key, name, folder) { reports.event(.removed(reason)) }
        case .failed(.descriptors):
            reports.event(.failed(.descriptors))
            state.withLockedValue { $0.index.closeAll() }
        case .failed(let failure):
            reports.event(.failed(failure))
            withdraw(key, name, folder)
        }
        settle(key, nil)
    }

    /// Removes a file that is of no use, unless another has taken its place meanwhile. False when it stays.
    @discardableResult
    private func withdraw(_ key: CacheKey, _ name: DiskName, _ folder: DiskFolder) -> Bool {
        let leaver = state.withLockedValue { state -> DiskIndex.Leaver? in
            guard let opening = state.openings[key.hash], !opening.isDetached, !opening.isStale else { return nil }
            if let leaver = state.index.remove(key) { return leaver }
            return state.scan == .done ? nil : state.index.takeUnindexed(key)
        }
        guard let leaver, let epoch = current()?.epoch else { return false }
        return unlink(leaver, folder, epoch)
    }

    func file(_ found: OpenRecord, _ key: CacheKey) -> DiskFile {
        DiskFile(
            found.descriptor, start: Int64(found.headLength), length: found.record.head.length, pool, cachedReads
        ) { [self] failure in readFailed(failure, key) }
    }

    /// A body could not be read although it was there: it is not there for the next one.
    func readFailed(_ failure: StoredFileFailure, _ key: CacheKey) {
        switch failure {
        case .truncated: reports.event(.removed(.torn))
        case .system(let code): reports.event(.failed(DiskFailure(errno: code)))
        case .overloaded: return
        }
        forget(key)
    }
}

extension DiskTier.State {
    /// Whether a file that the scan has not come to may be found under `key`.
    func adopts(_ key: CacheKey) -> Bool {
        folder != nil && scan != .done && !index.isDeparting(key) && !purges.contains { $0.scope.covers(key) }
    }
}
