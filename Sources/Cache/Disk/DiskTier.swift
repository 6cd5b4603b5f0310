import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Network
import Synchronization

/// Responses in files, one for each, found again after a restart.
///
/// A file is written beside its place and renamed into it, so that a killed process leaves whole files only; what a
/// power loss tears, lengths and checksums tell. Every call on the file system runs on the pool. What happens to one
/// name happens under one of 64 locks, so that file and index agree; those are taken before the state's.
package final class DiskTier: CacheTier {
    /// Readers of one key who wait for its file.
    struct Opening {
        let key: CacheKey
        var waiters: [Suspension<StoredResponse?>]
        /// The key was removed meanwhile: what is found must not be served.
        var isStale = false
        /// The file was replaced or evicted meanwhile: what is found is served once.
        var isDetached = false
    }

    /// A purge that came before all that lies in the folder was known.
    struct PendingPurge {
        let number: Int
        let scope: PurgeScope
        let isAwaited: Bool
        var count = 0
    }

    enum Scan { case measuring, reading, done }

    struct State {
        var index: DiskIndex
        var openings: [UInt64: Opening] = [:]
        var folder: DiskFolder?
        /// Counts the times that the folder was opened: what began under an older one counts for nothing.
        var epoch: UInt64 = 0
        var state = DiskState.starting
        /// Set by the first call after a failure, which knows the time.
        var retryAt: NIODeadline?
        var isReopening = false
        var scan = Scan.done
        var scanWaiters: [Suspension<Void>] = []
        /// What the scan must not bring back, until it has ended.
        var purges: [PendingPurge] = []
        /// What the scan removed for those who wait for that.
        var purgeCounts: [Int: Int] = [:]
        var nextPurge = 0
        var isStopped = false
    }

    let settings: DiskTierSettings
    let spaces: any SpaceDirectory
    let ledger: PurgeLedger
    let pool: DiskPool
    let reports: DiskReports
    let state: NIOLockedValueBox<State>
    let cachedReads = DiskFile.CachedReads()
    /// Only one thread makes room at a time.
    let makingRoom = NIOLock()
    let temporaries = Atomic<UInt64>(0)
    private let stripes = (0..<64).map { _ in NIOLock() }

    /// Touches no file before `start`.
    package init(
        _ settings: DiskTierSettings, spaces: any SpaceDirectory, ledger: PurgeLedger, pool: DiskPool,
        reports: DiskReports
    ) {
        self.settings = settings
        self.spaces = spaces
        self.ledger = ledger
        self.pool = pool
        self.reports = reports
        state = NIOLockedValueBox(
            State(index: DiskIndex(limit: settings.maxBytes, openLimit: settings.openFiles)))
    }

    /// Opens the folder and scans it on the pool.
    package func start() {
        let isFirst = state.withLockedValue { state in
            defer { state.isReopening = true }
            return !state.isReopening && state.folder == nil && !state.isStopped
        }
        if isFirst { pool.owe { [self] in openFolder() } }
    }

    /// Leaves the folder to others: when it returns, another tier can have it. Every call answers as if nothing were
    /// stored from now on.
    package func stop() async {
        let (folder, waiters) = state.withLockedValue { state in
            state.isStopped = true
            state.epoch += 1
            state.index = DiskIndex(limit: settings.maxBytes, openLimit: settings.openFiles)
            state.scan = .done
            defer {
                state.scanWaiters = []
                state.folder = nil
            }
            return (state.folder, state.scanWaiters)
        }
        for waiter in waiters { waiter.resume(()) }
        guard let folder else { return }
        _ = await owed { [self] in
            // Whoever is busy with a file has asked for the epoch before; nobody begins any more.
            for stripe in stripes { stripe.withLock {} }
            folder.unlock()
        }
    }

    package var currentState: DiskState { state.withLockedValue { $0.state } }

    /// Bytes of all files, those that are being written or removed included.
    package var occupiedBytes: Int64 { state.withLockedValue { $0.index.occupied } }

    package func takes(length: Int64) -> Bool {
        length >= 0 && length <= settings.maxBytes
            && DiskTierSettings.blocks(length + Int64(EntryRecord.fixedLength)) <= settings.maxBytes
    }

    package func usage(of space: UInt32?) -> TierUsage { state.withLockedValue { $0.index.usage(of: space) } }

    /// What is stored under `key`, if its file is open: at once and without a thread.
    package func find(_ key: CacheKey) -> StoredResponse? {
        state.withLockedValue { state in
            guard case .open(let response) = state.index.look(key) else { return nil }
            return response
        }
    }

    package func response(for key: CacheKey, on loop: LoopContext) async -> StoredResponse? {
        let (found, isWorthATry, isDue) = state.withLockedValue { state -> (StoredResponse?, Bool, Bool) in
            switch state.index.look(key) {
            case .open(let response): return (response, false, false)
            case .closed: return (nil, true, false)
            case .absent:
                let mayBeThere = state.folder != nil && state.scan != .done && !state.index.isDeparting(key)
                return (nil, mayBeThere, state.isDue(loop.moment, settings.retryAfter))
            }
        }
        if isDue { start() }
        guard isWorthATry else { return found }
        return await Suspension<StoredResponse?>.wait { waiter in
            let isFirst = state.withLockedValue { $0.join(key, waiter) }
            if isFirst == true, !pool.put({ [self] in open(key) }) {
                reports.event(.refused)
                settle(key, nil)
            } else if isFirst == nil {
                waiter.resume(nil)
            }
        }
    }

    /// Does `work` while nobody else does anything to the file of that name.
    func exclusively<Value>(_ name: DiskName, _ work: () -> Value) -> Value {
        stripes[Int(name.first) % stripes.count].withLock(work)
    }

    /// The folder, if it is open, and the time since when.
    func current() -> (folder: DiskFolder, epoch: UInt64)? {
        state.withLockedValue { state in state.folder.map { ($0, state.epoch) } }
    }

    func name(of key: CacheKey) -> DiskName? { spaces.identity(of: key.space).map { DiskName($0, key.bytes) } }

    /// Has the pool do what is owed, and waits for it; nil when the pool ends.
    func owed<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
        await Suspension<Value?>.wait { waiter in
            if !pool.owe({ waiter.resume(work()) }) { waiter.resume(nil) }
        }
    }

    /// Returns when the scan has come to its end, or will never.
    package func scanned() async {
        await Suspension<Void>.wait { waiter in
            let waits = state.withLockedValue { state in
                let isUnderWay = state.isReopening || (state.folder != nil && state.scan != .done)
                guard isUnderWay, !state.isStopped else { return false }
                state.scanWaiters.append(waiter)
                return true
            }
            if !waits { waiter.resume(()) }
        }
    }
}

extension DiskTier.State {
    /// Whether the caller opens the key's file; false when somebody does already, nil when that one has another key.
    mutating func join(_ key: CacheKey, _ waiter: Suspension<StoredResponse?>) -> Bool? {
        guard let opening = openings[key.hash] else {
            openings[key.hash] = DiskTier.Opening(key: key, waiters: [waiter])
            return true
        }
        guard opening.key == key, !opening.isStale else { return nil }
        openings[key.hash]?.waiters.append(waiter)
        return false
    }

    /// Whether a folder that could not be opened should be tried again. The first call sets the time.
    mutating func isDue(_ moment: NIODeadline, _ pause: TimeAmount) -> Bool {
        guard case .off = state, !isReopening, !isStopped else { return false }
        return isDueNow(moment, pause)
    }

    mutating func isDueNow(_ moment: NIODeadline, _ pause: TimeAmount) -> Bool {
        guard let time = retryAt else {
            retryAt = moment + pause
            return false
        }
        guard moment >= time else { return false }
        retryAt = moment + pause
        return true
    }

    /// What `opening` finds belongs to an older file than the one in the index.
    mutating func detach(_ key: CacheKey) {
        if openings[key.hash]?.key == key { openings[key.hash]?.isDetached = true }
    }
}
