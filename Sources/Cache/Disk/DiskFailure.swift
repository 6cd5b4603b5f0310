import Glibc

/// Why the disk cannot be used, or not now.
package enum DiskFailure: Error, Equatable, Sendable {
    /// Another process holds the folder.
    case taken
    case missing
    case denied
    case readOnly
    /// No room in the file system, or beyond a quota.
    case full
    /// This process or the system has no descriptor left.
    case descriptors
    /// The device failed.
    case device
    /// Something else that the system said.
    case system(Int32)

    init(errno code: Int32) {
        switch code {
        case EWOULDBLOCK: self = .taken
        case ENOENT, ENOTDIR: self = .missing
        case EACCES, EPERM: self = .denied
        case EROFS: self = .readOnly
        case ENOSPC, EDQUOT: self = .full
        case EMFILE, ENFILE: self = .descriptors
        case EIO: self = .device
        default: self = .system(code)
        }
    }

    /// The number that the system has for it.
    var code: Int32 {
        switch self {
        case .taken: EWOULDBLOCK
        case .missing: ENOENT
        case .denied: EACCES
        case .readOnly: EROFS
        case .full: ENOSPC
        case .descriptors: EMFILE
        case .device: EIO
        case .system(let code): code
        }
    }
}

extension DiskFailure {
    /// One line for the operator.
    package var explanation: String {
        switch self {
        case .full: "the file system is full"
        case .readOnly: "the file system is read-only"
        case .missing: "the folder is not there, and cannot be made"
        case .denied: "the folder may not be used by this user"
        case .taken: "another process uses the folder"
        case .descriptors: "there are no file descriptors left"
        case .device: "the device fails"
        case .system(let code): "error number \(code) of the system"
        }
    }
}

/// What a disk tier can do at the moment.
package enum DiskState: Equatable, Sendable {
    /// The folder was not opened yet.
    case starting
    case serving
    /// What is stored is served, nothing new is stored.
    case unwritable(DiskFailure)
    /// Answers as if nothing were stored.
    case off(DiskFailure)
}

/// What a disk tier did, to be counted.
package enum DiskEvent: Equatable, Sendable {
    package enum Removal: Sendable {
        /// Shorter or longer than its head says, or with a wrong checksum.
        case torn
        /// Left by a process that ended while it wrote.
        case orphan
        /// Nothing that this tier put there under this name.
        case foreign
    }

    case stored
    case evicted
    /// Not stored: no room could be made, or too much waits already.
    case refused
    case removed(Removal)
    case failed(DiskFailure)
}

/// Who is told what a disk tier does. Called from any thread.
package struct DiskReports: Sendable {
    package let state: @Sendable (DiskState) -> Void
    package let event: @Sendable (DiskEvent) -> Void

    package init(
        state: @escaping @Sendable (DiskState) -> Void = { _ in }, event: @escaping @Sendable (DiskEvent) -> Void
    ) {
        self.state = state
        self.event = event
    }
}
