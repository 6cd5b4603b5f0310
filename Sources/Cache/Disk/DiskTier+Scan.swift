import Exchange
import NIOConcurrencyHelpers

/// Finding again what earlier processes stored, on the pool and one subfolder at a time, while requests are served.
///
/// First all files are measured, so that what is stored meanwhile stays within the bound; then their heads are read.
/// No body is.
extension DiskTier {
    func scan(_ folder: DiskFolder, _ epoch: UInt64) { measure(0, folder, epoch) }

    private func isCurrent(_ epoch: UInt64) -> Bool { state.withLockedValue { $0.epoch == epoch } }

    private func measure(_ number: Int, _ folder: DiskFolder, _ epoch: UInt64) {
        guard isCurrent(epoch) else { return }
        guard let first = UInt8(exactly: number) else {
            state.withLockedValue { state in
                if state.epoch == epoch { state.scan = .reading }
            }
            return read(0, folder, epoch)
        }
        guard let files = list(first, folder) else { return }
        var bytes: Int64 = 0
        for file in files {
            bytes += folder.size(of: DiskName.subfolder(first) + "/" + file) ?? 0
        }
        if bytes > 0 { count(unindexed: bytes, epoch) }
        pool.owe { [self] in measure(number + 1, folder, epoch) }
    }

    /// Nil when the subfolder cannot be read: the tier gives up for a while then, for what it does not know it cannot
    /// bound.
    private func list(_ first: UInt8, _ folder: DiskFolder) -> [String]? {
        let subfolder = DiskName.subfolder(first)
        do throws(DiskFailure) { return try folder.list(subfolder) } catch {
            // Something else in the place of a subfolder would keep all of its files out.
            if error == .missing, (try? folder.remove(subfolder)) != nil {
                reports.event(.removed(.foreign))
                return []
            }
            closeFolder(error)
            return nil
        }
    }

    private func read(_ number: Int, _ folder: DiskFolder, _ epoch: UInt64) {
        guard isCurrent(epoch) else { return }
        guard let first = UInt8(exactly: number) else { return endScan(folder, epoch) }
        guard let files = list(first, folder) else { return }
        for file in files {
            guard let name = DiskName(folder: first, file: file) else {
                discard(DiskName.subfolder(first) + "/" + file, .foreign, folder, epoch)
                continue
            }
            exclusively(name) { look(at: name, folder, epoch) }
        }
        pool.owe { [self] in read(number + 1, folder, epoch) }
    }

    /// Puts one file into the index, or removes it.
    private func look(at name: DiskName, _ folder: DiskFolder, _ epoch: UInt64) {
        do throws(OpenFailure) {
            let found = try openRecord(name, folder)
            guard let space = spaces.space(of: found.record.space) else { throw .unusable(.foreign) }
            let key = CacheKey(space: space, bytes: found.record.key)
            let isPurged = state.withLockedValue { state -> Bool in
                guard state.epoch == epoch, !state.index.holds(key), !state.index.isDeparting(key) else { return false }
                if let purge = state.purges.firstIndex(where: { $0.scope.covers(key) }) {
                    state.purges[purge].count += 1
                    return true
                }
                state.index.unindexed -= found.size
                _ = state.index.insert(key, size: found.size, isVerified: false, nil)
                return false
            }
            if isPurged { discard(name.path, nil, folder, epoch) }
        } catch {
            switch error {
            case .absent: return
            case .failed(.descriptors): closeFolder(.descriptors)
            case .failed(let failure):
                reports.event(.failed(failure))
                state.withLockedValue { state in
                    if state.epoch == epoch { state.index.stuck += folder.size(of: name.path) ?? 0 }
                }
            case .unusable(let reason): discard(name.path, reason, folder, epoch)
            }
        }
    }

    /// Removes a file that the index does not know.
    private func discard(_ path: String, _ reason: DiskEvent.Removal?, _ folder: DiskFolder, _ epoch: UInt64) {
        let size = folder.size(of: path) ?? 0
        do throws(DiskFailure) {
            try folder.remove(path)
            count(unindexed: -size, epoch)
            if let reason { reports.event(.removed(reason)) }
        } catch {
            reports.event(.failed(error))
            state.withLockedValue { state in
                if state.epoch == epoch { state.index.stuck += size }
            }
        }
    }

    private func endScan(_ folder: DiskFolder, _ epoch: UInt64) {
        let waiters = state.withLockedValue { state -> [Suspension<Void>]? in
            guard state.epoch == epoch else { return nil }
            state.scan = .done
            state.index.unindexed = 0
            for purge in state.purges where purge.isAwaited { state.purgeCounts[purge.number] = purge.count }
            state.purges = []
            defer { state.scanWaiters = [] }
            return state.scanWaiters
        }
        guard let waiters else { return }
        // The bound may be a smaller one than that of the process before.
        _ = reserve(0, folder, epoch)
        for waiter in waiters { waiter.resume(()) }
    }
}
