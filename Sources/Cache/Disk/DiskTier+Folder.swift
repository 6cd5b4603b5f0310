import Exchange
import NIOConcurrencyHelpers

/// What the tier can do at the moment, and how it comes back.
extension DiskTier {
    /// Opens the folder and begins to scan it. What an older opening knew is forgotten.
    func openFolder() {
        // A folder whose inside was removed may still be locked by this tier.
        current()?.folder.unlock()
        let opened: Result<DiskFolder, DiskFailure>
        do throws(DiskFailure) { opened = .success(try DiskFolder(settings.folder)) } catch { opened = .failure(error) }
        guard case .success(let folder) = opened else {
            if case .failure(let failure) = opened { closeFolder(failure) }
            return
        }
        folder.removeOrphans { reports.event(.removed(.orphan)) }
        let epoch = state.withLockedValue { state -> UInt64? in
            state.isReopening = false
            guard !state.isStopped else { return nil }
            state.epoch += 1
            state.folder = folder
            state.scan = .measuring
            state.index = DiskIndex(limit: settings.maxBytes, openLimit: settings.openFiles)
            return state.epoch
        }
        guard let epoch else { return }
        change(to: .serving)
        scan(folder, epoch)
    }

    /// Answers as if nothing were stored until the folder can be opened.
    func closeFolder(_ failure: DiskFailure) {
        reports.event(.failed(failure))
        let waiters = state.withLockedValue { state in
            state.isReopening = false
            state.folder?.unlock()
            state.folder = nil
            state.epoch += 1
            state.index = DiskIndex(limit: settings.maxBytes, openLimit: settings.openFiles)
            state.retryAt = nil
            defer { state.scanWaiters = [] }
            return state.scanWaiters
        }
        change(to: .off(failure))
        for waiter in waiters { waiter.resume(()) }
    }

    /// Says so when the state is another one than before.
    private func change(to new: DiskState) {
        let isChange = state.withLockedValue { state in
            defer { state.state = new }
            return state.state != new
        }
        if isChange { reports.state(new) }
    }

    /// A file could not be written. When the folder itself is gone, it is opened anew at once.
    func writingFailed(_ failure: DiskFailure) {
        reports.event(.failed(failure))
        switch failure {
        case .missing:
            let isFirst = state.withLockedValue { state in
                guard !state.isReopening, !state.isStopped, state.folder != nil else { return false }
                state.isReopening = true
                return true
            }
            if isFirst { openFolder() }
        case .taken, .denied, .readOnly, .full, .descriptors, .device, .system:
            state.withLockedValue { state in
                if failure == .descriptors { state.index.closeAll() }
                state.retryAt = nil
            }
            change(to: .unwritable(failure))
        }
    }

    /// A file was written: so it can be done.
    func written() {
        reports.event(.stored)
        if case .unwritable = currentState { change(to: .serving) }
    }
}
