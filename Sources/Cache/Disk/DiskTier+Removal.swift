import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Network

/// Removing: from the index at once, from the disk on the pool.
extension DiskTier {
    package func remove(_ key: CacheKey, on loop: LoopContext) async {
        guard let (leaver, folder, epoch) = takeOut(key) else { return }
        _ = await owed { [self] in unlink(leaver, folder, epoch) }
    }

    /// Removes a key without waiting for it. May be called from any thread.
    func forget(_ key: CacheKey) {
        guard let (leaver, folder, epoch) = takeOut(key) else { return }
        pool.owe { [self] in unlink(leaver, folder, epoch) }
    }

    private func takeOut(_ key: CacheKey) -> (DiskIndex.Leaver, DiskFolder, UInt64)? {
        state.withLockedValue { state in
            if state.openings[key.hash]?.key == key { state.openings[key.hash]?.isStale = true }
            guard let folder = state.folder else { return nil }
            if let leaver = state.index.remove(key) { return (leaver, folder, state.epoch) }
            return state.scan == .done ? nil : (state.index.takeUnindexed(key), folder, state.epoch)
        }
    }

    /// Removes the file of what was taken out of the index, unless the same key was stored again meanwhile.
    /// False when nothing was removed.
    @discardableResult
    func unlink(_ leaver: DiskIndex.Leaver, _ folder: DiskFolder, _ epoch: UInt64) -> Bool {
        var failure: DiskFailure?
        var isRemoved = false
        if let name = name(of: leaver.key) {
            exclusively(name) {
                let isReplaced = state.withLockedValue { $0.index.holds(leaver.key) }
                guard !isReplaced else { return }
                // What leaves unknown was measured by the scan.
                let unindexed = leaver.size == 0 ? folder.size(of: name.path) : 0
                guard let unindexed else { return }
                do throws(DiskFailure) {
                    try folder.remove(name)
                    count(unindexed: -unindexed, epoch)
                    isRemoved = true
                } catch { failure = error }
            }
        } else {
            // The bucket is not configured any more; the scan after the next start removes the file.
            failure = .missing
        }
        state.withLockedValue { state in
            if state.epoch == epoch { state.index.settle(leaver, isGone: failure == nil) }
        }
        if let failure { reports.event(.failed(failure)) }
        return isRemoved
    }

    /// After the scan nothing is unindexed.
    func count(unindexed bytes: Int64, _ epoch: UInt64) {
        state.withLockedValue { state in
            if state.epoch == epoch, state.scan != .done { state.index.unindexed += bytes }
        }
    }

    /// While the folder is scanned this waits for its end: what lies there unknown may be covered, too.
    package func purge(_ scope: PurgeScope, on loop: LoopContext) async -> Int {
        let number = state.withLockedValue { state -> Int? in
            for (hash, opening) in state.openings where scope.covers(opening.key) {
                state.openings[hash]?.isStale = true
            }
            // A folder that cannot be used now may be back later, with all that was in it.
            guard state.folder == nil || state.scan != .done else { return nil }
            return state.remember(scope)
        }
        guard let (folder, epoch) = current() else { return 0 }
        let swept = await owed { [self] in sweep(scope, folder, epoch) } ?? 0
        guard let number else { return swept }
        let found = await scanEnd(number)
        return swept + found
    }

    /// Takes out what is covered, piece by piece so that nobody waits long for the index, and removes the files.
    private func sweep(_ scope: PurgeScope, _ folder: DiskFolder, _ epoch: UInt64) -> Int {
        var removed = 0
        var next = 0
        while true {
            let (leavers, isLast) = state.withLockedValue { state -> ([DiskIndex.Leaver], Bool) in
                guard state.epoch == epoch else { return ([], true) }
                if case .object(let space, let stem) = scope {
                    return (state.index.sweepObject(CacheKey(space: space, path: stem, keyStart: 0)), true)
                }
                let leavers = state.index.sweep(scope, from: next, count: 1024)
                next += 1024
                return (leavers, next >= state.index.slots.count)
            }
            for leaver in leavers { unlink(leaver, folder, epoch) }
            removed += leavers.count
            if isLast { return removed }
        }
    }

    /// How many files the scan removed for the purge of that number, when it is at its end.
    private func scanEnd(_ number: Int) async -> Int {
        await scanned()
        return state.withLockedValue { $0.purgeCounts.removeValue(forKey: number) ?? 0 }
    }
}

extension DiskTier.State {
    /// Beyond so many, one that covers everything stands for all of them.
    private static var purgesAtMost: Int { 1000 }

    /// Keeps a scope until the next scan has ended and answers its number.
    fileprivate mutating func remember(_ scope: PurgeScope) -> Int {
        nextPurge += 1
        let all = purges.count >= Self.purgesAtMost
        if all { purges = [] }
        purges.append(
            DiskTier.PendingPurge(number: nextPurge, scope: all ? .everything : scope, isAwaited: folder != nil))
        return nextPurge
    }
}
